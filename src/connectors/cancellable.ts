import { CancelledError } from '../platform/errors.ts'

/** Whatever an abort made somewhere below throw, the caller sees one kind of error. */
export async function cancellable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    throw asCancelled(thrown, signal)
  }
}

export async function* cancellableSteps<T>(work: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  try {
    yield* work
  } catch (thrown) {
    throw asCancelled(thrown, signal)
  }
}

function asCancelled(thrown: unknown, signal: AbortSignal): unknown {
  if (!signal.aborted || thrown instanceof CancelledError) return thrown
  return new CancelledError('Cancelled.', { cause: thrown })
}
