import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { Fault } from './exit.ts'
import { plainJson, plainLines } from './text.ts'

/** Where a command's answer and its remarks go: the answer to standard output, everything else to standard error. */
export interface Output {
  readonly isJson: boolean
  /** Standard error is a terminal that can be drawn on. */
  readonly isLive: boolean
  readonly stderr: Writable & { readonly columns?: number }
  /** Aborts when whoever read our output has gone, as `head` does. */
  readonly readerGone: AbortSignal
  /** The answer: lines for a person, or the value as one line of JSON. */
  answer(value: unknown, text: () => string): void
  /** Lines for a person; nothing with `--json`. */
  print(text: string): void
  /** A remark, on standard error. */
  say(text: string): void
  fault(fault: Fault): void
  /** Standard output is a terminal: text alone belongs there. */
  readonly isTerminal: boolean
  /** Rows of a stream as they are; resolves when there is room for more. */
  write(piece: string | Uint8Array): Promise<void>
}

export interface OutputStreams {
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }
}

export function createOutput(isJson: boolean, streams: OutputStreams = process): Output {
  const { stdout, stderr } = streams
  const gone = new AbortController()
  stdout.on('error', error => {
    if (!isBrokenPipe(error)) throw error
    gone.abort()
  })
  stderr.on('error', error => {
    if (!isBrokenPipe(error)) throw error
  })
  const line = (stream: Writable, text: string) => {
    if (stream === stdout && gone.signal.aborted) return
    stream.write(`${text}\n`)
  }
  return {
    isJson,
    isLive: stderr.isTTY === true,
    isTerminal: stdout.isTTY === true,
    stderr,
    readerGone: gone.signal,
    answer: (value, text) => line(stdout, isJson ? plainJson(value) : plainLines(text())),
    print: text => {
      if (!isJson) line(stdout, plainLines(text))
    },
    say: text => line(stderr, plainLines(text)),
    fault: ({ code, message, stack }) => {
      if (isJson) line(stdout, plainJson({ error: { code, message } }))
      else line(stderr, plainLines(`tenfold: ${message} [${code}]`))
      if (stack !== undefined) line(stderr, plainLines(stack))
    },
    async write(piece) {
      gone.signal.throwIfAborted()
      // A terminal must not be told by an export what to do; a file gets the rows as they are.
      if (stdout.write(stdout.isTTY && typeof piece === 'string' ? plainLines(piece) : piece)) return
      await once(stdout, 'drain', { signal: gone.signal })
    },
  }
}

function isBrokenPipe(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED')
}
