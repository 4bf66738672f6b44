import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { type Direction, FaultProxy } from '../../helpers/fault-proxy.ts'

/** A server that sends back what it gets, and a client of it through the proxy. */
async function echo(t: Test) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  const proxy = await FaultProxy.open(t, { host: '127.0.0.1', port })
  const open = async () => {
    const socket = connect(proxy.port, '127.0.0.1')
    await once(socket, 'connect')
    t.teardown(() => socket.destroy())
    return socket
  }
  return { proxy, open }
}

/** What arrives until `octets` are there or the connection ends; and how it ended. */
async function received(socket: Socket, octets: number): Promise<{ data: Buffer; end: string }> {
  let data = Buffer.alloc(0)
  return new Promise((resolve) => {
    const done = (end: string) => resolve({ data, end })
    socket.on('data', (chunk: Buffer) => {
      data = Buffer.concat([data, chunk])
      if (data.length >= octets) done('open')
    })
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? ''))
    socket.on('end', () => done('end'))
  })
}

const numbers = Buffer.from(Array.from({ length: 256 }, (_, i) => i))

t.test('without faults octets pass both ways, in any amount, and ends too', async (t) => {
  const { proxy, open } = await echo(t)
  const socket = await open()
  const data = Buffer.alloc(5_000_000, 'tapline')
  socket.end(data)
  const answer = await received(socket, data.length + 1)
  t.ok(answer.data.equals(data))
  t.equal(answer.end, 'end')
  t.equal(proxy.octets('up'), data.length)
  t.equal(proxy.octets('down'), data.length)
  t.equal(proxy.accepted, 1)
})

for (const direction of ['up', 'down'] satisfies Direction[]) {
  t.test(`${direction}: exactly so many octets pass before a cut`, async (t) => {
    const { proxy, open } = await echo(t)
    for (const [cutAfter, cut, end] of [
      [0, 'reset', 'ECONNRESET'],
      [1, 'reset', 'ECONNRESET'],
      [100, 'reset', 'ECONNRESET'],
      [100, 'end', 'end'],
    ] as const) {
      const socket = await open()
      proxy.set(direction, { cutAfter, cut })
      socket.write(numbers)
      const answer = await received(socket, 256)
      t.equal(proxy.octets(direction), cutAfter)
      t.equal(proxy.isSpent(direction), true)
      t.equal(answer.end, end)
      if (direction === 'down') t.ok(answer.data.equals(numbers.subarray(0, cutAfter)))
      const next = await open()
      next.write(numbers)
      t.equal((await received(next, 256)).end, 'open', 'once: the next connection passes')
      next.destroy()
    }
  })

  t.test(`${direction}: one bit is flipped, once`, async (t) => {
    const { proxy, open } = await echo(t)
    const socket = await open()
    proxy.set(direction, { flipBit: 8 * 200 + 3 })
    socket.write(numbers)
    const { data } = await received(socket, 256)
    const wanted = Buffer.from(numbers)
    wanted[200] = 200 ^ 8
    t.ok(data.equals(wanted))
  })

  t.test(`${direction}: delayed and throttled octets arrive later, in order`, async (t) => {
    const { proxy, open } = await echo(t)
    for (const [fault, atLeastMs] of [
      [{ delayMs: 150 }, 140],
      [{ octetsPerSecond: 2000 }, 120],
    ] as const) {
      const socket = await open()
      proxy.set(direction, fault)
      const began = performance.now()
      socket.write(numbers)
      t.ok((await received(socket, 256)).data.equals(numbers))
      t.ok(performance.now() - began > atLeastMs)
      proxy.heal()
    }
  })
}

t.test('a black hole tells nobody; connections after it pass', async (t) => {
  const { proxy, open } = await echo(t)
  const lost = await open()
  lost.write('a')
  await received(lost, 1)
  proxy.blackHole()
  let told = ''
  for (const event of ['data', 'end', 'close']) lost.on(event, () => (told = event))
  lost.write(numbers)
  const next = await open()
  next.write(numbers)
  t.ok((await received(next, 256)).data.equals(numbers))
  t.equal(told, '')
  proxy.reset()
  const [error] = await once(lost, 'error')
  t.equal(error.code, 'ECONNRESET')
})

t.test('a proxy that refuses resets what is open and what comes, until it is healed', async (t) => {
  const { proxy, open } = await echo(t)
  const socket = await open()
  socket.write('a')
  await received(socket, 1)
  const reset = once(socket, 'error')
  proxy.refuse()
  await reset
  const refused = connect(proxy.port, '127.0.0.1')
  t.equal((await received(refused, 1)).end, 'ECONNRESET')
  proxy.heal()
  const next = await open()
  next.write('b')
  t.equal((await received(next, 1)).end, 'open')
})
