import pino from 'pino'

/** An event log: fields first, then a constant message, so that events can be counted. */
export type Log = pino.Logger

const secretPaths = [
  'accessKey',
  'secretKey',
  'password',
  'apiKey',
  'authorization',
  'headers',
  '*.accessKey',
  '*.secretKey',
  '*.password',
]

/**
 * @param level pino's levels, `silent` for none
 * @param destination a file descriptor; logs go to standard error so that standard output stays for answers
 */
export function createLog(level: string, destination = 2): Log {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths: secretPaths, censor: '***' } },
    pino.destination({ fd: destination, sync: true }),
  )
}

export const silentLog: Log = pino({ level: 'silent' })
