import { cvePattern, type FeedEntry } from '../../domain/feed.ts'
import { badFeed, type Line, linesOf } from './content.ts'
import type { ReadFeed } from './index.ts'

// https://www.first.org/epss/data_stats: a comment with the model and the date (older files have none), a header, a line
// for each CVE. The first files of 2021 have no percentile.

const entriesAtOnce = 2000
/** Every CVE there is, several times over. */
const entriesAtMost = 5_000_000

const comment = /^#\s*model_version:([^,]{1,50}),\s*score_date:([^,]{1,40})\s*$/

/** @throws SourceError `bad_feed` */
export async function readEpss(pieces: AsyncIterable<Buffer>): Promise<ReadFeed> {
  const lines = linesOf(pieces)
  const first = await nextLine(lines)
  const said = first.text.replace(/^\ufeff/, '')
  const match = comment.exec(said)
  if (said.startsWith('#') && !match) {
    throw badFeed('line 1', 'the comment is not "#model_version:…,score_date:…".')
  }
  const header = match ? await nextLine(lines) : { ...first, text: said }
  const hasPercentile = percentileIn(header)
  return {
    version: match?.[1]?.trim() ?? null,
    ...(match?.[2] === undefined ? {} : released(match[2].trim())),
    entries: entriesOf(lines, hasPercentile),
  }
}

async function nextLine(lines: AsyncGenerator<Line>): Promise<Line> {
  const step = await lines.next()
  if (step.done) throw badFeed(null, 'it is empty, or ends before its header "cve,epss,percentile".')
  return step.value
}

function percentileIn({ number, text }: Line): boolean {
  const columns = text
    .toLowerCase()
    .split(',')
    .map(name => name.trim())
  if (columns.join(',') === 'cve,epss,percentile') return true
  if (columns.join(',') === 'cve,epss') return false
  throw badFeed(`line ${number}`, `the header is not "cve,epss,percentile" but "${shortened(text)}".`)
}

/** `2025-03-14T00:00:00+0000` and its kin. */
function released(text: string): { readonly scoreOn: string; readonly releasedAt: string } {
  const at = Date.parse(text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'))
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(at)) {
    throw badFeed('line 1', `score_date "${shortened(text)}" is no date.`)
  }
  const releasedAt = new Date(at).toISOString()
  return { scoreOn: releasedAt.slice(0, 10), releasedAt }
}

async function* entriesOf(lines: AsyncGenerator<Line>, hasPercentile: boolean): AsyncGenerator<FeedEntry[]> {
  // As numbers they take a tenth of the room that as many texts would.
  const seen = new Set<number>()
  let batch: FeedEntry[] = []
  for await (const line of lines) {
    const entry = entryOf(line, hasPercentile)
    const key = Number(entry.cve.slice(4, 8)) * 1e10 + Number(entry.cve.slice(9))
    if (seen.has(key)) throw badFeed(`line ${line.number}`, `${entry.cve} is there a second time.`)
    seen.add(key)
    if (seen.size > entriesAtMost) throw badFeed(`line ${line.number}`, `it has more than ${entriesAtMost} entries.`)
    batch.push(entry)
    if (batch.length < entriesAtOnce) continue
    yield batch
    batch = []
  }
  if (seen.size === 0) throw badFeed(null, 'it has a header and no entry.')
  if (batch.length > 0) yield batch
}

function entryOf({ number, text, isEnded }: Line, hasPercentile: boolean): FeedEntry {
  const where = `line ${number}`
  // Numbers have no end of their own: 0.97 cut short is 0.9, and nobody could tell.
  if (!isEnded) throw badFeed(where, 'the last line does not end: the file is cut short.')
  const values = text.split(',')
  const wanted = hasPercentile ? 3 : 2
  if (values.length !== wanted) throw badFeed(where, `${wanted} columns are wanted, not ${values.length}.`)
  const cve = values[0]!.trim().toUpperCase()
  if (!cvePattern.test(cve)) throw badFeed(where, `"${shortened(values[0]!)}" is no CVE.`)
  return {
    cve,
    epss: share(values[1]!, 'epss', where),
    percentile: hasPercentile ? share(values[2]!, 'percentile', where) : null,
    addedOn: null,
    dueOn: null,
    isRansomware: null,
    detail: null,
  }
}

function share(text: string, name: string, where: string): number {
  const value = Number(text)
  if (!/^\s*\d*\.?\d+(?:[eE]-?\d{1,3})?\s*$/.test(text) || !(value >= 0 && value <= 1)) {
    throw badFeed(where, `${name} must be a number from 0 to 1, not "${shortened(text)}".`)
  }
  return value
}

export function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
