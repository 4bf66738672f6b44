import { connect, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { SocketFactory } from 'kafkajs/src/network/connection.js'

const KEEP_ALIVE_MS = 60_000
const READ_BYTES = 64 * 1024

/** Sockets as Java's client has them: no delay, every address of a name tried in turn. */
export function socketFactory(
  ssl: ConnectionOptions | null,
  setupTimeoutMs: number,
): SocketFactory {
  return ({ host, port, onConnect }) => {
    const options = {
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
      // Node's 250 ms an address are too short for a broker that is far away.
      autoSelectFamilyAttemptTimeout: Math.max(250, Math.floor(setupTimeoutMs / 4)),
    }
    if (ssl)
      return connectTls(
        { ...options, ...(isIP(host) ? {} : { servername: host }), ...ssl },
        onConnect,
      )
    // One buffer for all that is read: whoever listens copies what it keeps.
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
    const callback = (bytes: number) => socket.emit('data', buffer.subarray(0, bytes))
    const socket: Socket = connect({ ...options, onread: { buffer, callback } }, onConnect)
    return socket
  }
}
