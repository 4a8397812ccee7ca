import {
  type DirectoryList,
  type DirectoryReading,
  type DirectoryRows,
  directoryStreams,
} from '../../domain/directory.ts'
import { isJsonObject, type JsonObject } from '../../domain/json.ts'
import { SourceError } from '../../platform/errors.ts'
import { backoffMs } from '../../platform/retry.ts'
import type { Batch, DirectoryBatch, Part, QualityIssue, Rejected } from '../connector.ts'
import { JsonArraySplitter } from '../formats/json-array.ts'
import type { RecordNotes } from '../formats/record.ts'
import { named } from './client.ts'
import { type DirectorySpec, directoriesOf } from './directory-lists.ts'
import type { ExportDeps } from './export-job.ts'
import { normaliseDirectory } from './normalise-directory.ts'
import { rawText, WholeRecordReader } from './part-readers.ts'
import { isPassing } from './passing.ts'
import { endOf } from './plugin-pages.ts'
import { redacted } from './secrets.ts'

/** A list that moves while it is paged is read again this often before it is taken as it is. */
const readingsAtMost = 3

/** Reads the lists of a stream, each to its end. */
export async function* readDirectories(deps: ExportDeps, part: Part, signal: AbortSignal): AsyncGenerator<Batch> {
  for (const spec of directoriesOf(part.stream)) {
    for (let reading = 1; ; reading++) {
      const end = yield* readList(deps, spec, reading === readingsAtMost, signal)
      if (end === 'whole' || reading === readingsAtMost) break
      deps.log.warn({ stream: part.stream, list: spec.list, reading }, 'a list moved while it was read')
    }
  }
}

/**
 * Pages by offset over a list that may change meanwhile. Each page begins with the last entry of the one before: when it
 * does not, entries have moved over the boundary, and one may have been passed over.
 */
async function* readList(
  deps: ExportDeps,
  spec: DirectorySpec,
  isLastReading: boolean,
  signal: AbortSignal,
): AsyncGenerator<Batch, DirectoryReading> {
  const met = new Set<string>()
  const first = await readFirstPage(deps, spec, signal)
  let page: Page = first
  let hasMoved = false
  for (let offset = 0; ; ) {
    const fresh = page.entries.filter(({ id }) => !met.has(id) && met.add(id))
    const next = nextOffset(page, offset, fresh.length)
    if (next === undefined) {
      const reading = hasMoved || !isAllOf(page, met.size, spec, offset) ? 'moved' : 'whole'
      yield batchOf(spec, page, fresh, reading === 'moved' && !isLastReading ? 'more' : reading)
      return reading
    }
    yield batchOf(spec, page, fresh, 'more')
    const following = await readPage(deps, spec, first.path, next, signal)
    const isJoined = next < offset + page.entries.length && following.entries[0]?.id === page.entries.at(-1)?.id
    hasMoved ||= !isJoined || following.total !== first.total
    page = following
    offset = next
  }
}

/** Where the next page begins; undefined when there is none. */
function nextOffset({ entries, limit, total }: Page, offset: number, fresh: number): number | undefined {
  if (limit === null || entries.length === 0) return undefined
  // A source that does not know offsets gives the same page for ever.
  if (fresh === 0 && offset > 0) return undefined
  const end = offset + entries.length
  // With a total, a short page is a source that gives less at once than it is asked for.
  if (total === null ? entries.length < limit : end >= total) return undefined
  return Math.max(offset + 1, end - 1)
}

function isAllOf({ total }: Page, met: number, { pageSize }: DirectorySpec, offset: number): boolean {
  if (pageSize === null) return true
  return total === null ? offset === 0 : met >= total
}

type Row = DirectoryRows[DirectoryList]

/** What stands in a list: an entry, one that cannot be read, or something that is none of its entries. */
interface Listed {
  /** The same for the same thing. */
  readonly id: string
  readonly row?: Row
  readonly rejected?: Rejected
}

interface Page {
  readonly entries: readonly Listed[]
  readonly issues: readonly QualityIssue[]
  readonly bytes: number
  readonly total: number | null
  readonly limit: number | null
}

function batchOf(spec: DirectorySpec, page: Page, fresh: readonly Listed[], reading: DirectoryReading): Batch {
  const { list } = spec
  const rows = fresh.flatMap(({ row }) => row ?? [])
  const rejected = fresh.flatMap(one => one.rejected ?? [])
  const { issues, bytes } = page
  return { stream: directoryStreams[list], list, reading, rows, rejected, issues, bytes } as DirectoryBatch
}

/** The first page says whether the key may read the list, and which of its paths the source has. */
async function readFirstPage(
  deps: ExportDeps,
  spec: DirectorySpec,
  signal: AbortSignal,
): Promise<Page & { readonly path: string }> {
  for (const [index, path] of spec.paths.entries()) {
    try {
      return { ...(await readPage(deps, spec, path, 0, signal)), path }
    } catch (thrown) {
      if (!(thrown instanceof SourceError) || (thrown.status !== 403 && thrown.status !== 404)) throw thrown
      if (thrown.status === 404 && index < spec.paths.length - 1) continue
      const text = `The list of ${spec.member} is not given to this key: ${thrown.message} ${spec.remedy}`
      throw new SourceError('list_refused', 'never', text, { cause: thrown, status: thrown.status })
    }
  }
  throw new Error(`the list of ${spec.member} has no path`)
}

/** A page is used only when all of it has come, so that it can be asked for again. */
async function readPage(
  deps: ExportDeps,
  spec: DirectorySpec,
  path: string,
  offset: number,
  signal: AbortSignal,
): Promise<Page> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readPageOnce(deps, spec, pagePath(spec, path, offset), signal)
    } catch (thrown) {
      if (!isPassing(thrown) || attempt >= deps.retry.maxAttempts) throw thrown
      deps.log.warn({ list: spec.list, offset, attempt, code: thrown.code }, 'page could not be read, trying again')
      await deps.clock.sleep(backoffMs(deps.retry, attempt), signal)
    }
  }
}

function pagePath({ pageSize }: DirectorySpec, path: string, offset: number): string {
  return pageSize === null ? path : `${path}?limit=${pageSize}&offset=${offset}`
}

async function readPageOnce(deps: ExportDeps, spec: DirectorySpec, path: string, signal: AbortSignal): Promise<Page> {
  const call = { method: 'GET', path } as const
  const pieces: Buffer[] = []
  for await (const piece of deps.client.bytes(call, signal)) pieces.push(piece)
  const body = Buffer.concat(pieces)
  const reader = new EntryReader(spec)
  // The schema of scanners says a bare list; what is served is in an object.
  const isBare = spec.pageSize === null && body.subarray(0, 64).toString('latin1').trimStart().startsWith('[')
  const splitter = new JsonArraySplitter(reader, isBare ? {} : { member: spec.member })
  splitter.push(body)
  const rest = endOf(splitter, named(call))
  if (!isBare && !(isJsonObject(rest as JsonObject) && spec.member in (rest as JsonObject))) {
    throw new SourceError('bad_answer', 'later', `${named(call)}: the answer has no ${spec.member}.`)
  }
  return { ...reader.page(), bytes: body.length, limit: spec.pageSize, total: totalIn(rest) }
}

function totalIn(rest: unknown): number | null {
  const pagination = isJsonObject(rest as JsonObject) ? (rest as JsonObject).pagination : undefined
  const total = isJsonObject(pagination) ? pagination.total : undefined
  return typeof total === 'number' && Number.isInteger(total) && total >= 0 ? total : null
}

class EntryReader extends WholeRecordReader<Row> {
  readonly #spec: DirectorySpec
  readonly #entries: Listed[] = []

  constructor(spec: DirectorySpec) {
    super()
    this.#spec = spec
  }

  page(): Pick<Page, 'entries' | 'issues'> {
    return { entries: this.#entries, issues: this.rest().issues }
  }

  take(): Batch {
    throw new Error('a page is taken whole')
  }

  /** Kept for people, so without the key that links a scanner. */
  override broken(bytes: Buffer, reason: string): void {
    const raw = redacted(rawText(bytes))
    this.#entries.push({ id: `?${raw}`, rejected: { reason, raw } })
  }

  protected normalise(wire: JsonObject): { row: Row; notes: RecordNotes } | undefined {
    const elsewhere = this.#spec.elsewhere?.(wire)
    if (elsewhere !== undefined) {
      this.#entries.push({ id: elsewhere })
      return undefined
    }
    const reading = normaliseDirectory[this.#spec.list](wire)
    this.#entries.push({ id: reading.row.nativeId, row: reading.row })
    return reading
  }
}
