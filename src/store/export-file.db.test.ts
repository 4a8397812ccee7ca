import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { unrestricted } from './access.ts'
import { assetFile, findingFile } from './export-file.ts'
import type { ExportFormat } from './export-format.ts'
import { openParquet } from './parquet/read.ts'
import { insertSampleEstate } from './queries/sample-estate.ts'

let db: TestDatabase
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-parquet-'))
  db = await createTestDatabase()
  await insertSampleEstate(db.database)
  // Whoever names a machine may choose any text but NUL.
  await db.database.query(
    `update asset set name = E'\\uFEFF=cmd|'' /C calc''!A0\\u202E\\n"', hostnames = array['', E'a\\tb', '😀', '{"x":null}', 'NULL'],
                      last_seen = '2026-11-24T09:42:00.123456Z', acr_score = 7.300000000000001
     where asset_id = 1`,
  )
})
afterAll(async () => {
  await db.drop()
  await rm(folder, { recursive: true })
})

async function read(pieces: AsyncIterable<string | Uint8Array>): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const piece of pieces) all.push(Buffer.from(piece as string))
  return Buffer.concat(all)
}

async function rowsOf(bytes: Buffer): Promise<Record<string, unknown>[]> {
  const path = join(folder, 'rows.parquet')
  await writeFile(path, bytes)
  const rows: Record<string, unknown>[] = []
  for await (const group of (await openParquet(path)).groups()) rows.push(...group)
  return rows
}

const linesOf = (bytes: Buffer) =>
  bytes
    .toString()
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Record<string, unknown>)

/** An instant of NDJSON as the file has it. */
function asInFile(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}T.*Z$/.test(value)) return value
  const [seconds = '', fraction = ''] = value.slice(0, -1).split('.')
  return BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'))
}

const plainNumber = (value: unknown) => (typeof value === 'bigint' && value < 10n ** 9n ? Number(value) : value)

describe('a Parquet file', () => {
  const files: Readonly<Record<string, (format: ExportFormat) => AsyncIterable<string | Uint8Array>>> = {
    assets: format => assetFile(unrestricted(db.database), {}, format),
    findings: format => findingFile(unrestricted(db.database), { withOutput: true }, format),
  }
  for (const [name, file] of Object.entries(files)) {
    test(`of ${name} has the rows of NDJSON, value by value and type by type`, async () => {
      const expected = linesOf(await read(file('ndjson')))
      const rows = await rowsOf(await read(file('parquet')))
      expect(expected.length).toBeGreaterThan(3)
      expect(rows.map(row => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, plainNumber(v)])))).toEqual(
        expected.map(row => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, asInFile(v)]))),
      )
    })
  }

  test('without rows is still one, with its columns', async () => {
    const bytes = await read(assetFile(unrestricted(db.database), { filter: { q: 'nobody at all' } }, 'parquet'))
    expect([bytes.subarray(0, 4).toString(), bytes.subarray(-4).toString()]).toEqual(['PAR1', 'PAR1'])
    expect(await rowsOf(bytes)).toEqual([])
  })
})

const child = `
import { writeFileSync, appendFileSync } from 'node:fs'
import { parquetBytes } from '${new URL('./parquet/write.ts', import.meta.url).href}'
const columns = [{ name: 'n', type: 'integer' }, { name: 'text', type: 'text' }, { name: 'at', type: 'instant' }, { name: 'tags', type: 'texts' }]
async function* batches() {
  for (let from = 0; from < 200000; from += 2000) {
    yield Array.from({ length: 2000 }, (_, k) => [from + k, 'row ' + (from + k) + ' '.repeat(200), 1700000000000000n + BigInt(from + k), ['a', 'b' + k]])
  }
}
let bytes = 0, peak = 0
for await (const piece of parquetBytes(batches(), columns)) {
  bytes += piece.length
  peak = Math.max(peak, process.memoryUsage().heapUsed)
}
console.log(JSON.stringify({ bytes, peak }))
`

test('of 200,000 rows is written in memory that holds a tenth of them', async () => {
  const path = join(folder, 'large.mjs')
  await writeFile(path, child)
  // The rows alone are 60 MB.
  const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=40', path])
  expect((JSON.parse(stdout) as { bytes: number }).bytes).toBeGreaterThan(1_000_000)
}, 60_000)
