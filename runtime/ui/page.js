/**
 * The live page: knows HTTP only, and only this worker. Everything shown is set as text (`textContent`), never as markup: names, traces and
 * above all records are whatever somebody put into a packet.
 */

const everyMs = 1_000
const recordsShown = 10
const charactersShown = 2_000
const partitionsRead = 8
const ratesKept = 60

const page = Object.fromEntries(
  ['worker', 'connection', 'totals', 'connectors', 'topics', 'no-connectors', 'no-topics'].map(
    (id) => [id, document.getElementById(id)],
  ),
)

async function ask(path, read = 'json') {
  const answer = await fetch(path, { signal: AbortSignal.timeout(10_000) })
  if (!answer.ok) throw new Error(`${path} answers ${answer.status}`)
  return answer[read]()
}

/** Prometheus text → `[{ name, labels, value }]`. */
function readMetrics(text) {
  const samples = []
  for (const line of text.split('\n')) {
    const match = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line)
    if (match === null) continue
    const labels = {}
    for (const [, key, value] of (match[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g))
      labels[key] = value.replace(/\\(.)/g, (_, char) => (char === 'n' ? '\n' : char))
    samples.push({ name: match[1], labels, value: Number(match[3]) })
  }
  return samples
}

const counted = /_(source_record_write|sink_record_send)_total$/
const behind = /_sink_record_lag(_max)?$/
// Rates are differences of totals between two looks.
let earlier = { at: 0, totals: new Map() }
const history = new Map()

function measure(samples, at) {
  const totals = new Map()
  const lags = new Map()
  let memory = 0
  for (const { name, labels, value } of samples) {
    const { connector, task } = labels
    if (name === 'process_resident_memory_bytes') memory = value
    if (connector === undefined || task === undefined) continue
    if (counted.test(name)) totals.set(`${connector}\n${task}`, { connector, value })
    if (behind.test(name)) lags.set(connector, (lags.get(connector) ?? 0) + value)
  }
  const seconds = (at - earlier.at) / 1_000
  const rates = new Map()
  for (const [key, { connector, value }] of totals) {
    const before = earlier.totals.get(key)?.value
    const rate = before === undefined ? 0 : Math.max(0, value - before) / seconds
    rates.set(key, rate)
    rates.set(connector, (rates.get(connector) ?? 0) + rate)
  }
  earlier = { at, totals }
  return { rates, totals, lags, memory }
}

/** The first look knows totals alone: what a rate was, only the second can say. */
function remember(name, rate) {
  const rates = history.get(name)
  if (rates === undefined) {
    history.set(name, [])
    return []
  }
  rates.push(rate)
  if (rates.length > ratesKept) rates.shift()
  return rates
}

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const shortNumber = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const perSecond = (rate) => `${rate < 10 ? rate.toFixed(1) : number.format(rate)}/s`

function make(tag, className, ...children) {
  const element = document.createElement(tag)
  if (className) element.className = className
  element.append(...children)
  return element
}

/** Only what differs is touched: selection, focus and scrolling stay where they are. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/** One element a key, made once, in this order; what is no longer there goes. */
function keyed(container, keys, create) {
  const known = new Map(Array.from(container.children, (child) => [child.dataset.key, child]))
  const wanted = new Set(keys)
  for (const [key, child] of known) if (!wanted.has(key)) child.remove()
  let place = container.firstElementChild
  return keys.map((key) => {
    const element = known.get(key) ?? create(key)
    element.dataset.key = key
    if (element === place) place = place.nextElementSibling
    else container.insertBefore(element, place)
    return element
  })
}

function pill(className = '') {
  return make('span', `pill ${className}`.trim())
}

function setState(element, state) {
  element.dataset.state = state
  setText(element, state)
}

function facts(container, pairs) {
  const shown = pairs.filter(([, value]) => value !== undefined && value !== '')
  const elements = keyed(
    container,
    shown.map(([name]) => name),
    (name) => make('div', '', make('dt', '', name), make('dd')),
  )
  for (const [index, [, value]] of shown.entries())
    setText(elements[index].lastChild, String(value))
}

function sparkline(svg, rates) {
  const most = Math.max(1, ...rates)
  const points = rates.map((rate, index) => {
    const x = (100 * (index + ratesKept - rates.length)) / (ratesKept - 1)
    return `${x.toFixed(1)},${(27 - (25 * rate) / most).toFixed(1)}`
  })
  svg.firstElementChild.setAttribute('points', points.join(' '))
}

function makeSparkline() {
  return document.getElementById('sparkline').content.firstElementChild.cloneNode(true)
}

function makeConnector(name) {
  const parts = {
    state: pill(),
    kind: make('span', 'kind'),
    facts: make('dl', 'facts'),
    line: makeSparkline(),
    tasks: make('ul', 'tasks'),
    trace: make('div'),
  }
  const title = make('h3', '', name)
  const head = make('div', 'head', title, parts.kind, parts.state)
  const card = make('article', 'card', head, parts.facts, parts.line, parts.tasks, parts.trace)
  card.parts = parts
  return card
}

function makeTask(key) {
  const parts = { state: pill('small'), rate: make('span', 'rate'), trace: make('div', 'trace') }
  const item = make(
    'li',
    '',
    make('span', 'id', `task ${key}`),
    parts.state,
    parts.rate,
    parts.trace,
  )
  item.parts = parts
  return item
}

function showTrace(place, trace, label) {
  if (!trace) {
    place.replaceChildren()
    return
  }
  if (place.firstChild === null) {
    place.append(make('details', 'why', make('summary'), make('pre')))
    place.firstChild.open = true
  }
  const [summary, text] = place.firstChild.children
  setText(summary, `${label}: ${trace.split('\n', 1)[0]}`)
  setText(text, trace)
}

function showConnectors(connectors, { rates, totals, lags }) {
  const names = Object.keys(connectors).sort()
  page['no-connectors'].hidden = names.length > 0
  for (const name of history.keys()) if (!names.includes(name)) history.delete(name)
  const cards = keyed(page.connectors, names, makeConnector)
  names.forEach((name, index) => {
    const { status, info } = connectors[name]
    const { parts } = cards[index]
    const own = [...totals.values()].filter(({ connector }) => connector === name)
    const rate = rates.get(name) ?? 0
    setState(parts.state, status.connector.state)
    setText(
      parts.kind,
      `${status.type} · ${(info.config['connector.class'] ?? '').split('.').at(-1)}`,
    )
    facts(parts.facts, [
      ['Rate', perSecond(rate)],
      ['Records', number.format(own.reduce((sum, { value }) => sum + value, 0))],
      ['Lag', lags.has(name) ? number.format(lags.get(name)) : undefined],
      ['Tasks', status.tasks.length],
    ])
    sparkline(parts.line, remember(name, rate))
    showTrace(parts.trace, status.connector.trace, 'Failed')
    const items = keyed(
      parts.tasks,
      status.tasks.map(({ id }) => String(id)),
      makeTask,
    )
    status.tasks.forEach((task, at) => {
      setState(items[at].parts.state, task.state)
      setText(items[at].parts.rate, perSecond(rates.get(`${name}\n${task.id}`) ?? 0))
      showTrace(items[at].parts.trace, task.trace, 'Failed')
    })
  })
}

function showTotals(connectors, { rates, lags, memory }) {
  const all = Object.entries(connectors)
  const rateOf = (type) =>
    all.reduce(
      (sum, [name, { status }]) => sum + (status.type === type ? (rates.get(name) ?? 0) : 0),
      0,
    )
  const failed = all.flatMap(([, { status }]) => [status.connector, ...status.tasks])
  facts(page.totals, [
    ['Into the log', perSecond(rateOf('source'))],
    ['Out of the log', perSecond(rateOf('sink'))],
    ['Lag', number.format([...lags.values()].reduce((sum, lag) => sum + lag, 0))],
    ['Failed', failed.filter(({ state }) => state === 'FAILED').length],
    ['Memory', memory === 0 ? undefined : `${shortNumber.format(memory)}B`],
  ])
}

/** Only an opened topic is read. */
function makeTopic(topic) {
  const parts = { count: make('span', 'count'), records: make('ol', 'records') }
  const summary = make('summary', '', make('span', 'name', topic), parts.count)
  const details = make('details', 'card topic', summary, parts.records)
  details.open = !topic.startsWith('connect-') && page.topics.childElementCount < 4
  details.parts = parts
  return details
}

async function lastRecords(topic, partitions) {
  const read = Array.from({ length: Math.min(partitions, partitionsRead) }, (_, partition) =>
    ask(
      `/topics/${encodeURIComponent(topic)}/records?partition=${partition}&from=latest&limit=${recordsShown}`,
    ),
  )
  const pages = await Promise.all(read)
  const records = pages.flatMap(({ partition, records }) =>
    records.map((record) => ({ partition, ...record })),
  )
  records.sort((one, other) => other.timestamp - one.timestamp || other.offset - one.offset)
  return { records: records.slice(0, recordsShown), pages }
}

function shown(value, encoding, indent = 0) {
  if (encoding === 'null') return 'null'
  const text = encoding === 'json' ? JSON.stringify(value, null, indent) : String(value)
  return text.length > charactersShown ? `${text.slice(0, charactersShown)}…` : text
}

function makeRecord(key) {
  const parts = {
    key: make('span', 'key'),
    value: make('code', 'value'),
    time: make('p', 'time'),
    whole: make('pre'),
  }
  const summary = make('summary', '', make('span', 'at', key), parts.key, parts.value)
  const item = make('li', '', make('details', '', summary, parts.time, parts.whole))
  item.parts = parts
  return item
}

/** A JSON envelope repeats its schema in each record: the line shows what differs, the opened record all of it. */
function payloadOf(value) {
  const isEnvelope =
    value !== null && typeof value === 'object' && Object.keys(value).join() === 'schema,payload'
  return isEnvelope ? value.payload : value
}

function showRecord({ key, value, time, whole }, record) {
  setText(key, record.keyEncoding === 'null' ? '' : shown(record.key, record.keyEncoding))
  setText(value, shown(payloadOf(record.value), record.valueEncoding))
  setText(time, record.timestamp < 0 ? 'no timestamp' : new Date(record.timestamp).toISOString())
  setText(whole, shown(record.value, record.valueEncoding, 2))
}

async function showTopic(details, partitions) {
  const { records, pages } = await lastRecords(details.dataset.key, partitions)
  const held = pages.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0)
  setText(details.parts.count, `${number.format(held)} records`)
  const items = keyed(
    details.parts.records,
    records.map(({ partition, offset }) => `${partition} @ ${offset}`),
    makeRecord,
  )
  records.forEach((record, index) => {
    showRecord(items[index].parts, record)
  })
}

async function showTopics(topics) {
  const own = (topic) => !topic.startsWith('connect-')
  const sorted = topics.toSorted(
    (one, other) => own(other.topic) - own(one.topic) || one.topic.localeCompare(other.topic),
  )
  page['no-topics'].hidden = sorted.length > 0
  const names = sorted.map(({ topic }) => topic)
  const elements = keyed(page.topics, names, makeTopic)
  for (const [index, { partitions }] of sorted.entries()) {
    const { count } = elements[index].parts
    if (!elements[index].open) setText(count, `${partitions} partition${partitions > 1 ? 's' : ''}`)
    else
      await showTopic(elements[index], partitions).catch(({ message }) => setText(count, message))
  }
}

async function look() {
  const [worker, connectors, metrics, topics] = await Promise.all([
    ask('/'),
    ask('/connectors?expand=status&expand=info'),
    ask('/metrics', 'text'),
    ask('/topics'),
  ])
  facts(page.worker, [
    ['Version', worker.tapline.version],
    ['Log', worker.tapline.log],
    ['Connect API', worker.version],
  ])
  const measured = measure(readMetrics(metrics), performance.now())
  showTotals(connectors, measured)
  showConnectors(connectors, measured)
  await showTopics(topics)
}

async function run() {
  for (;;) {
    if (!document.hidden) {
      try {
        await look()
        setState(page.connection, 'live')
      } catch (error) {
        setState(page.connection, 'waiting')
        setText(page.connection, `no answer: ${error.message}`)
      }
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

await run()
