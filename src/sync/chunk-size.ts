import type { ChunkExperience } from '../store/chunk-sizes.ts'

// The next export is asked in smaller chunks when the last one's were too much, and slowly in larger ones again.

/** A chunk that takes longer than this is much to lose, and near to what proxies and the source give up. */
const slowSeconds = 120
/** Of one chunk, as the ledger counts it. */
const heavyBytes = 256 * 1024 * 1024

export interface NextSize {
  /** null: as configured. */
  readonly size: number | null
  readonly reason: string
}

/**
 * The size of the next export's chunks, or undefined when nothing changes: halved after chunks that were too much, a
 * quarter more after an export without any, at most what is configured.
 */
export function nextChunkSize(
  experience: ChunkExperience,
  range: { readonly configured: number; readonly least: number },
): NextSize | undefined {
  const { asked_size: asked, chunks, overloaded, slowest_seconds: seconds, heaviest_bytes: bytes } = experience
  if (asked === null || chunks === 0) return undefined
  const why = reasonToShrink(overloaded, seconds, bytes)
  if (why !== undefined) {
    const size = Math.max(range.least, Math.floor(Math.min(asked, range.configured) / 2))
    return size < asked ? { size, reason: why } : undefined
  }
  if (asked >= range.configured) return undefined
  const isComfortable = seconds < slowSeconds / 2 && bytes < heavyBytes / 2
  if (!isComfortable) return undefined
  const size = Math.min(range.configured, Math.ceil(asked * 1.25))
  return { size: size === range.configured ? null : size, reason: 'the last export went well' }
}

function reasonToShrink(overloaded: number, seconds: number, bytes: number): string | undefined {
  if (overloaded > 0) return `${overloaded} ${overloaded === 1 ? 'chunk was' : 'chunks were'} too much at once`
  if (seconds > slowSeconds) return `one chunk took ${Math.round(seconds)} seconds`
  if (bytes > heavyBytes) return `one chunk had ${Math.round(bytes / 1024 / 1024)} MB`
  return undefined
}
