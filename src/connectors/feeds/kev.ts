import { cvePattern, type FeedEntry } from '../../domain/feed.ts'
import { isJsonObject, type JsonObject } from '../../domain/json.ts'
import { messageOf } from '../../platform/errors.ts'
import { CsvSplitter } from '../formats/csv-records.ts'
import { badFeed, wholeText } from './content.ts'
import { shortened } from './epss.ts'
import type { ReadFeed } from './index.ts'

// https://www.cisa.gov/known-exploited-vulnerabilities-catalog: as JSON, or as CSV, which says neither version nor date.

/** The catalogue grows by a kilobyte for each CVE; it is about 1.5 MB. It is read whole. */
const maxBytes = 32 * 1024 * 1024
const textAtMost = 4000
const longestRecord = 100_000

/** @throws SourceError `bad_feed` */
export async function readKev(pieces: AsyncIterable<Buffer>): Promise<ReadFeed> {
  const text = (await wholeText(pieces, maxBytes)).replace(/^\ufeff/, '')
  return /^\s*\{/.test(text) ? fromJson(text) : fromCsv(text)
}

function fromJson(text: string): ReadFeed {
  const catalogue = parsed(text)
  const { vulnerabilities, count, catalogVersion, dateReleased } = catalogue
  if (!Array.isArray(vulnerabilities)) throw badFeed(null, 'there is no list "vulnerabilities" in it.')
  if (typeof count === 'number' && count !== vulnerabilities.length) {
    throw badFeed(null, `it says that it has ${count} entries, and has ${vulnerabilities.length}.`)
  }
  const releasedAt = new Date(typeof dateReleased === 'string' ? dateReleased : Number.NaN)
  if (Number.isNaN(releasedAt.getTime())) throw badFeed(null, 'dateReleased is no date.')
  const entries = vulnerabilities.map((one, index) => {
    const where = `vulnerabilities[${index}]`
    if (!isJsonObject(one)) throw badFeed(where, 'it is not an object.')
    return entryOf(one, where)
  })
  return {
    version: typeof catalogVersion === 'string' ? shortened(clean(catalogVersion)) : null,
    scoreOn: releasedAt.toISOString().slice(0, 10),
    releasedAt: releasedAt.toISOString(),
    entries: once(entries, index => `vulnerabilities[${index}]`),
  }
}

function parsed(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    if (isJsonObject(value)) return value
  } catch (cause) {
    throw badFeed(null, `it is not JSON, or is cut short (${messageOf(cause)}).`, cause)
  }
  throw badFeed(null, 'it is not a JSON object.')
}

const columns = ['cveID', 'vendorProject', 'product', 'vulnerabilityName', 'dateAdded', 'dueDate'] as const

function fromCsv(text: string): ReadFeed {
  if (text !== '' && !text.endsWith('\n')) throw badFeed(null, 'the last line does not end: the file is cut short.')
  const rows = parsedCsv(text)
  const names = rows[0]?.record ?? []
  const missing = columns.filter(name => !names.includes(name))
  if (missing.length > 0) throw badFeed('line 1', `columns are missing: ${missing.join(', ')}.`)
  const lines: number[] = []
  const entries = rows.slice(1).map(({ record, line }) => {
    lines.push(line)
    const fields = Object.fromEntries(names.map((name, index) => [name, record[index] ?? '']))
    return entryOf(fields, `line ${line}`)
  })
  // It says of no day when it was made. It is made anew whenever an entry is added.
  const newest = entries.map(entry => entry.addedOn ?? '').sort((a, b) => (a < b ? 1 : -1))[0]
  return {
    version: null,
    ...(newest === undefined ? {} : { newestEntryOn: newest }),
    entries: once(entries, index => `line ${lines[index]}`),
  }
}

interface CsvRow {
  readonly record: readonly string[]
  /** The line that it ends on; a text in quotes may have several. */
  readonly line: number
}

function parsedCsv(text: string): readonly CsvRow[] {
  const rows: CsvRow[] = []
  const splitter = new CsvSplitter(',', longestRecord)
  let at = 0
  let line = 1
  for (const { cells, raw, broken } of [...splitter.push(text), ...splitter.end()]) {
    // Blank lines stand between records and are none.
    const from = text.indexOf(raw, at)
    line += lineEndsIn(text.slice(at, from))
    if (broken !== null) throw badFeed(`line ${line}`, `it is not CSV (${broken})`)
    line += lineEndsIn(raw)
    at = from + raw.length
    const wanted = rows[0]?.record.length ?? cells.length
    if (cells.length !== wanted) {
      throw badFeed(`line ${line}`, `it is not CSV (${cells.length} columns where the first line has ${wanted}).`)
    }
    rows.push({ record: cells, line })
  }
  return rows
}

function lineEndsIn(text: string): number {
  return text.split('\n').length - 1
}

function entryOf(fields: JsonObject, where: string): FeedEntry {
  const text = (name: string) => {
    const value = fields[name]
    return typeof value === 'string' ? clean(value).trim() : ''
  }
  const cve = text('cveID').toUpperCase()
  if (!cvePattern.test(cve)) throw badFeed(where, `cveID "${shortened(text('cveID'))}" is no CVE.`)
  const due = text('dueDate')
  return {
    cve,
    epss: null,
    percentile: null,
    addedOn: day(text('dateAdded'), 'dateAdded', where),
    dueOn: due === '' ? null : day(due, 'dueDate', where),
    isRansomware: text('knownRansomwareCampaignUse').toLowerCase() === 'known',
    detail: {
      vendor: text('vendorProject'),
      product: text('product'),
      name: text('vulnerabilityName'),
      description: text('shortDescription'),
      required_action: text('requiredAction'),
      notes: text('notes'),
      cwes: cwesOf(fields.cwes),
    },
  }
}

function day(text: string, name: string, where: string): string {
  const at = Date.parse(`${text}T00:00:00Z`)
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at)
  // A day that is not in the calendar comes back as another.
  if (!isDay || new Date(at).toISOString().slice(0, 10) !== text || text < '1900') {
    throw badFeed(where, `${name} "${shortened(text)}" is no day.`)
  }
  return text
}

function cwesOf(value: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : []
  return list
    .filter(one => typeof one === 'string')
    .map(one => shortened(clean(one).trim()))
    .filter(one => one !== '')
    .slice(0, 50)
}

/** As PostgreSQL can hold it. */
function clean(text: string): string {
  return text.slice(0, textAtMost).toWellFormed().replaceAll('\0', '\ufffd')
}

async function* once(
  entries: readonly FeedEntry[],
  where: (index: number) => string,
): AsyncGenerator<readonly FeedEntry[]> {
  if (entries.length === 0) throw badFeed(null, 'it has no entry.')
  const seen = new Set<string>()
  for (const [index, { cve }] of entries.entries()) {
    if (seen.has(cve)) throw badFeed(where(index), `${cve} is there a second time.`)
    seen.add(cve)
  }
  yield entries
}
