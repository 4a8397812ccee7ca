import { setTimeout as delay } from 'node:timers/promises'
import { codeOf, messageOf, SourceError } from '../platform/errors.ts'

/** Sockets that broke or were not there, as Node names them, when it was not a source's. */
const broken = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ENOENT', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'])

/**
 * Whether the database went away under somebody, rather than refused what was asked: the server was stopped or killed,
 * or the network between is gone. What was under way was rolled back and can be done again when it is back.
 */
export function isConnectionLost(thrown: unknown): boolean {
  if (thrown instanceof SourceError) return false
  const code = codeOf(thrown)
  // 08: connection exceptions; 57P01 to 57P05: the server was shut down, crashed, is starting, or ended an idle session.
  if (/^(08...|57P0[1-5])$/.test(code) || broken.has(code)) return true
  return /connection terminated|is not queryable|timeout exceeded when trying to connect/i.test(messageOf(thrown))
}

const againMs = 500
const patienceMs = 20_000

/**
 * Reads, and again when the database went away meanwhile: a session that somebody ended, or a server that restarts, is no
 * reason to give up for who only looks.
 */
export async function readThroughLoss<T>(read: () => Promise<T>): Promise<T> {
  // From the first loss: who was frozen in the middle of a read has waited for nothing yet.
  let until: number | undefined
  for (;;) {
    try {
      return await read()
    } catch (thrown) {
      until ??= performance.now() + patienceMs
      if (!isConnectionLost(thrown) || performance.now() > until) throw thrown
      await delay(againMs)
    }
  }
}
