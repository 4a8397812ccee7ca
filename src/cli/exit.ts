import { CommanderError } from 'commander'
import { CancelledError, ConfigError, codeOf, messageOf, TenfoldError } from '../platform/errors.ts'

/** What a script learns from the exit code. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** Bad usage or configuration: the same command fails again until a person edits it. */
  usage: 2,
  /** Part of it was done; what was done stays. */
  partial: 3,
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export interface Fault {
  readonly code: string
  readonly message: string
  readonly exitCode: ExitCode
  /** For a fault of ours, which somebody will have to find. */
  readonly stack?: string
}

/** What was thrown, as a person and a script are told. */
export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof CommanderError) {
    return { code: 'bad_usage', message: thrown.message.replace(/^error: /, ''), exitCode: exitCodes.usage }
  }
  const code = codeOf(thrown)
  const message = fullMessageOf(thrown)
  if (thrown instanceof ConfigError) return { code, message, exitCode: exitCodes.usage }
  if (thrown instanceof CancelledError) {
    return {
      code: 'interrupted',
      message: message === 'Cancelled.' ? interrupted : message,
      exitCode: exitCodes.failed,
    }
  }
  const isOurs = !(thrown instanceof TenfoldError) && code === 'unexpected'
  const stack = isOurs && thrown instanceof Error ? thrown.stack : undefined
  return { code, message, exitCode: exitCodes.failed, ...(stack === undefined ? {} : { stack }) }
}

const interrupted = 'Stopped before it was done.'

/** A name that resolves to several addresses fails with one error for each, and no text of its own. */
function fullMessageOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '') return thrown.errors.map(messageOf).join('; ')
  return messageOf(thrown)
}
