import { userInfo } from 'node:os'
import { type Actor, type Hub, type HubOptions, openHub } from '../hub.ts'
import type { ExitCode } from './exit.ts'
import type { Output } from './output.ts'

/** What every command is given. */
export interface Context {
  readonly output: Output
  /** Aborts at the first Ctrl-C, and when whoever read our output has gone. */
  readonly signal: AbortSignal
}

/** Makes a command's function into what commander calls: it gets the context before its own arguments. */
export type Act = <A extends readonly unknown[]>(
  command: (context: Context, ...args: A) => Promise<ExitCode>,
) => (...args: A) => Promise<void>

/** Opens the hub for one piece of work and leaves nothing running after it. */
export async function withHub<T>(context: Context, options: HubOptions, work: (hub: Hub) => Promise<T>): Promise<T> {
  const hub = await openHub({
    withEngine: false,
    onNotice: text => context.output.say(text),
    signal: context.signal,
    ...options,
  })
  try {
    return await work(hub)
  } finally {
    await hub.stop()
  }
}

/** Whoever types the command, for the audit trail. */
export function actor(): Actor {
  return { kind: 'cli', name: userName() }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // A container may run under an id that no user has.
    return `user ${process.getuid?.() ?? 'unknown'}`
  }
}
