import { SourceError } from '../../platform/errors.ts'
import { backoffMs } from '../../platform/retry.ts'
import type { Batch, Part } from '../connector.ts'
import type { Call } from '../exchange.ts'
import { JsonArraySplitter } from '../formats/json-array.ts'
import { named } from './client.ts'
import { directoriesOf } from './directory-lists.ts'
import { readDirectories } from './directory-pages.ts'
import { type ExportDeps, expired } from './export-job.ts'
import { type FindingDecoder, readerOf } from './part-readers.ts'
import { isPassing } from './passing.ts'
import { isFamilyPart, readFamily } from './plugin-families.ts'
import { endOf, pluginListKey } from './plugin-pages.ts'
import { readScanPart } from './scan-parts.ts'
import { familyOf } from './streams.ts'

/**
 * Reads one part into batches. Until the first batch is out a broken answer is asked again here; after that the reader
 * has used what came, and repeating is for whoever can undo it.
 */
export async function* openPart(
  deps: ExportDeps,
  decoder: FindingDecoder,
  part: Part,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  for (let attempt = 1; ; attempt++) {
    let hasYielded = false
    try {
      for await (const batch of readPart(deps, decoder, part, signal)) {
        hasYielded = true
        yield batch
      }
      return
    } catch (thrown) {
      const isWorthIt = !hasYielded && attempt < deps.retry.maxAttempts && isPassing(thrown)
      if (!isWorthIt) throw thrown
      const waitMs = backoffMs(deps.retry, attempt)
      const fields = {
        stream: part.stream,
        export_id: part.exportId,
        chunk_id: part.partId,
        attempt,
        code: thrown.code,
      }
      deps.log.warn(fields, 'part could not be read, trying again')
      await deps.clock.sleep(waitMs, signal)
    }
  }
}

async function* readPart(
  deps: ExportDeps,
  decoder: FindingDecoder,
  part: Part,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  if (directoriesOf(part.stream).length > 0) return yield* readDirectories(deps, part, signal)
  if (isFamilyPart(part)) return yield await readFamily(deps.client, part, signal)
  if (part.stream === 'scans') {
    yield* readScanPart(deps, part, signal)
    return
  }
  const call = { method: 'GET', path: pathOf(part) } as const
  const reader = readerOf(part.stream, decoder)
  const splitter = new JsonArraySplitter(reader, part.stream === 'plugins' ? { member: pluginListKey } : {})
  try {
    for await (const piece of inTime(deps, call, signal)) {
      reader.bytes += piece.length
      splitter.push(piece)
      if (reader.isFull) yield reader.take()
    }
    endOf(splitter, named(call))
    if (!reader.isEmpty) yield reader.take()
  } catch (thrown) {
    throw asPartError(thrown, part)
  }
}

/**
 * The bytes of an answer, as long as waiting for them takes no longer than an export may take without progress: one that
 * drips a byte now and then would never end, and never be idle.
 * @throws SourceError `answer_too_slow`
 */
async function* inTime({ client, stuckAfterMs }: ExportDeps, call: Call, signal: AbortSignal): AsyncGenerator<Buffer> {
  const pieces = client.bytes(call, signal)
  let waitedMs = 0
  try {
    for (;;) {
      const from = performance.now()
      const { done, value } = await pieces.next()
      waitedMs += performance.now() - from
      if (done) return
      if (waitedMs > stuckAfterMs) throw tooSlow(call, stuckAfterMs)
      yield value
    }
  } finally {
    await pieces.return(undefined)
  }
}

function tooSlow(call: Call, stuckAfterMs: number): SourceError {
  const seconds = Math.round(stuckAfterMs / 1000)
  const text = `${named(call)}: the answer came so slowly that it was not whole after ${seconds} seconds. Check the network and any proxy between; a longer TENABLE_EXPORT_TIMEOUT_MINUTES waits longer.`
  return new SourceError('answer_too_slow', 'never', text)
}

/** What a refusal of a chunk means: its path is right, so the chunk is what is missing. */
function asPartError(thrown: unknown, part: Part): unknown {
  const family = familyOf(part.stream)
  if (!family || !(thrown instanceof SourceError)) return thrown
  if (thrown.code === 'not_found') return expired(family, part.exportId, part.partId, thrown)
  if (thrown.status !== 400) return thrown
  const text = `Chunk ${part.partId} of export ${part.exportId} was named as available, but is not ready: ${thrown.message}`
  return new SourceError('chunk_not_ready', 'later', text, { cause: thrown, context: thrown.context, status: 400 })
}

function pathOf(part: Part): string {
  const family = familyOf(part.stream)
  if (family) return `${family.path}/${encodeURIComponent(part.exportId)}/chunks/${encodeURIComponent(part.partId)}`
  return String(part.detail.path)
}
