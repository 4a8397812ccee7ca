import { SourceError } from '../../platform/errors.ts'

const passing = new Set(['truncated_body', 'not_json', 'timeout', 'connection_lost', 'chunk_not_ready'])

/** Whether an answer that could not be read to its end is worth asking for again. */
export function isPassing(thrown: unknown): thrown is SourceError {
  return thrown instanceof SourceError && passing.has(thrown.code)
}
