import type { DatabaseSync } from 'node:sqlite'
import type { MessagePort } from 'node:worker_threads'
import type { CorruptException } from '../../api/errors.ts'
import { Caller } from './caller.ts'
import { Cleaner } from './cleaner.ts'
import { filesOf, openForWriting } from './database.ts'
import { DirectoryLock } from './directory-lock.ts'
import { HeadFile, readHead } from './head-file.ts'
import { findLostTail } from './lost-tail.ts'
import { headMissing, refuseIfEmpty, refuseIfGone } from './missing-files.ts'
import { layoutOf, prepareTables } from './prepare-tables.ts'
import type { WriterOptions, WriterRequest } from './protocol.ts'
import { rowEnds } from './row-ends.ts'
import { translate, translateAtOpen } from './sqlite-errors.ts'
import { type Change, type Commit, Store } from './store.ts'
import { WalKeeper } from './wal-keeper.ts'
import { Watches } from './watches.ts'

/** So much of what waits goes into one SQLite transaction. */
const COMMIT_BYTES = 32 * 1024 * 1024

/** Nobody else writes, and readers are short: whoever holds the database longer must not hold up the appends. */
const BUSY_MS = 100

interface Call {
  readonly caller: Caller
  readonly id: number
  readonly change: Change
}

/** The one that writes: commits together what all threads handed over while the last commit was under way. */
export class Writer {
  readonly clusterId: string
  readonly findings: readonly CorruptException[]
  readonly #path: string
  readonly #lock: DirectoryLock
  readonly #db: DatabaseSync
  readonly #head: HeadFile
  readonly #store: Store
  readonly #wal: WalKeeper
  readonly #watches: Watches
  readonly #cleaner: Cleaner
  readonly #cleaning: NodeJS.Timeout
  readonly #callers = new Set<Caller>()
  #queue: Call[] = []
  #isScheduled = false
  #close: (() => void) | undefined

  constructor(options: WriterOptions) {
    const files = filesOf(options.dataDir)
    this.#path = files.database
    this.#lock = new DirectoryLock(options.dataDir)
    try {
      const head = readHead(files.head)
      refuseIfGone(files.database, head)
      this.#db = openForWriting(files.database)
      if (layoutOf(this.#db) === 0) refuseIfEmpty(files.database, head)
      // The head file of layout 1 was of another kind: for once there is none.
      const isUpgraded = layoutOf(this.#db) === 1
      prepareTables(this.#db, files.database)
      this.#store = new Store(this.#db, files.database, options)
      this.#head = new HeadFile(files.head)
      this.findings = this.#findLostTail(isUpgraded ? [] : head)
      this.#db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`)
      this.clusterId = String(
        this.#db.prepare("SELECT value FROM state WHERE name = 'cluster'").get()?.['value'],
      )
      this.#wal = new WalKeeper(this.#db, options.maxBytes)
      this.#cleaner = new Cleaner(this.#db, this.#store.catalog, options.minCompactionRecords)
    } catch (error) {
      this.#lock.release()
      throw translateAtOpen(error, files.database)
    }
    this.#watches = new Watches(this.#store.catalog)
    this.#cleaning = setInterval(() => {
      this.#cleaner.lookAtAll()
      if (this.#cleaner.isDue) this.#schedule()
    }, options.cleaningIntervalMs).unref()
    this.#schedule()
  }

  connect(port: MessagePort): void {
    const caller = new Caller(port)
    this.#callers.add(caller)
    port.on('message', ([id, request]: [number, WriterRequest | undefined]) => {
      if (request) this.#receive(caller, id, request)
      else caller.forget(id)
    })
    port.on('close', () => {
      this.#callers.delete(caller)
      caller.forgetAll()
    })
  }

  #findLostTail(head: ReturnType<typeof readHead>): readonly CorruptException[] {
    const { catalog } = this.#store
    const tail = findLostTail(catalog, head ?? [], rowEnds(this.#db))
    if (tail.findings.length > 0) this.#store.skip(tail)
    const missing = head === null && catalog.sequence > 0 ? [headMissing(this.#path)] : []
    const current = [this.#store.sequence]
    for (const topic of catalog) for (const { id, next } of topic.partitions) current[id] = next
    try {
      this.#head.rewrite(Array.from(current, (value) => value ?? 0))
    } catch {
      // A full disk. What the file does not know is not missed.
    }
    return [...tail.findings, ...missing]
  }

  #receive(caller: Caller, id: number, request: WriterRequest): void {
    switch (request.op) {
      case 'watch':
        caller.watches.set(
          id,
          this.#watches.add(request, () => {
            caller.watches.delete(id)
            caller.answer(id)
            this.#schedule()
          }),
        )
        return
      case 'fence':
        // At once, ahead of what waits for its commit: that is checked when it is committed.
        this.#store.fences.change(request.group, request.retired, request.granted)
        caller.answer(id)
        caller.send()
        return
      case 'connect':
        this.connect(request.port)
        return
      case 'close':
        this.#close = () => caller.answer(id)
        this.#schedule()
        return
      default:
        this.#queue.push({ caller, id, change: request })
        this.#schedule()
    }
  }

  /** After the messages that are already here were taken in: they share the commit. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#turn()
    })
  }

  #turn(): void {
    const calls = this.#take()
    if (calls.length > 0) this.#commit(calls)
    for (const caller of this.#callers) caller.send()
    if (this.#wal.isDue) this.#checkpoint()
    if (this.#close && this.#queue.length === 0) {
      this.#end()
      return
    }
    if (this.#cleaner.isDue) this.#clean()
    if (this.#queue.length > 0 || this.#cleaner.isDue) this.#schedule()
  }

  #take(): Call[] {
    let bytes = 0
    let count = 0
    while (count < this.#queue.length && bytes < COMMIT_BYTES) {
      const { change } = this.#queue[count++] as Call
      if (change.op === 'append') for (const batch of change.batches) bytes += batch.bytes.length
    }
    return this.#queue.splice(0, count)
  }

  #commit(calls: readonly Call[]): void {
    const topics = this.#store.catalog.version
    let commit: Commit
    try {
      commit = this.#store.commit(calls.map((call) => call.change))
    } catch (error) {
      this.#cleaner.reset()
      // When the disk is full an emptied WAL can be written again from its start.
      this.#checkpoint()
      const translated = translate(error, this.#path)
      for (const call of calls) refuse(call, translated)
      return
    }
    this.#wal.written(commit.bytes)
    if (this.#store.quota.isExceeded) this.#emptyWal()
    this.#writeHead(commit)
    calls.forEach((call, i) => {
      const outcome = commit.outcomes[i]
      if (outcome && 'result' in outcome) accept(call, outcome.result)
      else refuse(call, outcome?.error)
    })
    this.#watches.grown(commit.grown)
    this.#cleaner.grown(commit.grown)
    if (this.#store.catalog.version === topics) return
    this.#watches.topicsChanged()
    this.#cleaner.topicsChanged()
  }

  #writeHead({ sequence, grown }: Commit): void {
    try {
      for (const { id, next } of grown) this.#head.write(id, next)
      this.#head.write(0, sequence)
    } catch {
      // A full disk. It then lags behind, which it may: only the report on a damaged WAL will know less.
    }
  }

  #checkpoint(): void {
    try {
      this.#wal.checkpoint()
    } catch {
      // Tried again after more was written; a disk that stays full fails the commits, with words.
    }
  }

  /** At the bound of the directory every page counts. */
  #emptyWal(): void {
    try {
      this.#wal.empty()
    } catch {
      // A reader is at it, or the disk is full: the next refusal tries again.
    }
  }

  #clean(): void {
    try {
      this.#cleaner.step()
      this.#wal.written(0)
    } catch {
      // Nothing is lost by waiting: tried again at the next interval.
      this.#cleaner.giveUp()
    }
  }

  #end(): void {
    clearInterval(this.#cleaning)
    this.#checkpoint()
    this.#db.close()
    this.#head.close()
    this.#lock.release()
    this.#close?.()
    for (const caller of this.#callers) {
      caller.send()
      caller.close()
    }
  }
}

function accept({ caller, id, change }: Call, result: unknown): void {
  caller.answer(id, result)
  if (change.op !== 'append') return
  // Gives the memory back now: the garbage collector does not see how much hangs on so few objects.
  for (const { bytes } of change.batches) (bytes.buffer as ArrayBuffer).transfer(0)
}

function refuse({ caller, id, change }: Call, error: unknown): void {
  caller.refuse(id, error, change.op === 'append' ? change.batches : [])
}
