import { CancelledError } from '../platform/errors.ts'

// A closed terminal is a reason to stop as good as Ctrl-C: what we started must not outlive it.
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Aborts when the process is asked to stop; asked again, the process ends at once. */
export function listenForStop(say: (text: string) => void): {
  readonly signal: AbortSignal
  readonly dispose: () => void
} {
  const stop = new AbortController()
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130)
    say('Stopping … (once more to stop at once)')
    stop.abort(new CancelledError())
  }
  for (const name of signals) process.on(name, onSignal)
  return {
    signal: stop.signal,
    dispose: () => {
      for (const name of signals) process.off(name, onSignal)
    },
  }
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    // Something has to keep the process alive while it waits for nothing but a signal.
    const alive = setInterval(() => undefined, 60_000)
    signal.addEventListener(
      'abort',
      () => {
        clearInterval(alive)
        resolve()
      },
      { once: true },
    )
  })
}
