import pg from 'pg'
import type { Query } from './connection.ts'

/** The server's process behind a connection. A process id comes again, with another start. */
export interface Backend {
  readonly pid: number
  readonly startedAt: string
}

/** A lock is not waited for in silence: after this the batch is tried again, and health says why. */
const lockTimeoutMs = 60_000

/** Learns who serves us; sets the lock timeout where nobody else did. Null where the server, some kin of Postgres, tells no such thing. */
export async function backendOf(client: pg.Client): Promise<Backend | null> {
  try {
    const { rows } = await client.query<Backend>(
      `SELECT pid, backend_start::text AS "startedAt",
              CASE current_setting('lock_timeout') WHEN '0' THEN set_config('lock_timeout', '${lockTimeoutMs}', false) END
         FROM pg_catalog.pg_stat_activity WHERE pid = pg_backend_pid()`,
    )
    return rows[0] ?? null
  } catch (error) {
    if (error instanceof pg.DatabaseError) return null
    throw error
  }
}

/**
 * Whether that process still lives; it is told to end. A connection that was lost leaves it behind with all that we sent: it may sit in a lock
 * now and commit an old batch after we wrote newer ones (I3).
 */
export async function endBackend(query: Query, { pid, startedAt }: Backend): Promise<boolean> {
  const rows = await query(
    `SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE pid = $1 AND backend_start = $2::timestamptz`,
    [pid, startedAt],
  )
  return rows.length > 0
}
