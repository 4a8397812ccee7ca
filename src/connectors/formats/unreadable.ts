import { ConfigError } from '../../platform/errors.ts'

/** A file that cannot be read at all; the text says why and what to do. */
export function unreadable(code: string, message: string, cause?: unknown): ConfigError {
  return new ConfigError(code, message, cause === undefined ? {} : { cause })
}
