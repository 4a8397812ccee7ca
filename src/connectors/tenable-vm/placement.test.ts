import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  assetV1Fields,
  assetV2Fields,
  cataloguePluginFields,
  type FieldKind,
  type FieldTable,
  findingFields,
} from '../../../test/support/tenable-vm-fields.ts'
import type { Json, JsonObject } from '../../domain/json.ts'
import type { StreamName } from '../connector.ts'
import { createFindingDecoder, readerOf } from './part-readers.ts'

// Each leaf of a record gets a value that occurs nowhere else; the row must hold it. Of yes and no, and of words from a
// closed set, there are too few values for that: there the row must change when the value does.

const fixture = (name: string): Json =>
  JSON.parse(readFileSync(new URL(`../../../test/fixtures/tenable-vm/${name}`, import.meta.url), 'utf8')) as Json

const recorded: readonly {
  readonly name: string
  readonly stream: StreamName
  readonly records: readonly JsonObject[]
}[] = [
  {
    name: 'findings',
    stream: 'findings',
    records: fixture('vulns-export.chunk.344-findings.json') as unknown as JsonObject[],
  },
  {
    name: 'assets',
    stream: 'assets',
    records: fixture('assets-export.chunk.100-assets.json') as unknown as JsonObject[],
  },
  {
    name: 'plugins of the list',
    stream: 'plugins',
    records: (fixture('plugins.page-1.json') as { data: { plugin_details: JsonObject[] } }).data.plugin_details,
  },
  { name: 'a plugin in detail', stream: 'plugins', records: [fixture('plugin.19506.json') as JsonObject] },
]

const documented: readonly { readonly name: string; readonly stream: StreamName; readonly table: FieldTable }[] = [
  { name: 'a finding', stream: 'findings', table: findingFields },
  { name: 'an asset of v1', stream: 'assets', table: assetV1Fields },
  { name: 'an asset of v2', stream: 'assets', table: assetV2Fields },
  { name: 'a plugin of the catalogue', stream: 'plugins', table: cataloguePluginFields },
]

describe('recorded answers arrive whole', () => {
  for (const { name, stream, records } of recorded) {
    test(`each of ${records.length} (${name}) becomes a row without complaint`, () => {
      const batch = read(stream, records)
      expect(batch.rows).toHaveLength(records.length)
      expect(batch.rejected).toEqual([])
      expect(batch.issues).toEqual([])
    })

    test(`every leaf of ${name} lands in a column or in extra`, () => {
      const unplaced = new Set<string>()
      for (const record of records) {
        const leaves = leavesOf(record, '')
        for (const path of unplacedOf(stream, record, leaves)) unplaced.add(path)
      }
      expect([...unplaced]).toEqual([])
    })
  }
})

describe('documented fields have a place', () => {
  for (const { name, stream, table } of documented) {
    test(`every field of ${name} lands in a column or in extra`, () => {
      const record = recordOf(table)
      const batch = read(stream, [record])
      expect(batch.rejected).toEqual([])
      expect(batch.rows).toHaveLength(1)
      const leaves = leavesOf(record, '')
      expect(leaves.length).toBe(Object.keys(table).length)
      expect(unplacedOf(stream, record, leaves)).toEqual([])
    })

    test(`a field nobody knows of lands in extra, at every level of ${name}`, () => {
      const record = recordOf(table)
      for (const path of objectsOf(record, '')) {
        const marked = structuredClone(record) as Record<string, Json>
        ;(at(marked, path) as Record<string, Json>).brand_new = 'marker-of-the-unknown'
        expect(JSON.stringify(read(stream, [marked]).rows), path).toContain('marker-of-the-unknown')
      }
    })
  }
})

/** What one part of these records reads as, with the plugins of findings written out. */
function read(stream: StreamName, records: readonly Json[]) {
  const reader = readerOf(stream, createFindingDecoder())
  for (const record of records) reader.element(Buffer.from(JSON.stringify(record)))
  const batch = reader.take()
  if (batch.stream !== 'findings') return batch
  return { ...batch, rows: batch.rows.map(row => ({ ...row, plugin: row.plugin.describe() })) }
}

test('a plugin that is asked for again, after its texts were let go, says the same', () => {
  const reader = readerOf('findings', createFindingDecoder())
  const wire = Buffer.from(JSON.stringify(recordOf(findingFields)))
  // The first element teaches where the plugin stands; from the second on it is recognised.
  for (let turn = 0; turn < 3; turn++) reader.element(wire)
  const batch = reader.take()
  if (batch.stream !== 'findings') throw new Error('not findings')
  const plugin = batch.rows.at(-1)?.plugin
  expect(plugin).toBe(batch.rows.at(-2)?.plugin)
  const first = plugin?.describe()
  expect(plugin?.describe()).not.toBe(first)
  expect(plugin?.describe()).toEqual(first)
})

interface Leaf {
  readonly path: string
  readonly value: string | number | boolean
}

function leavesOf(value: Json | undefined, path: string): Leaf[] {
  if (value === null || value === undefined) return []
  if (typeof value !== 'object') return [{ path, value }]
  const join = (key: string) => (path === '' ? key : `${path}.${key}`)
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner as Json, join(key)))
}

function objectsOf(value: Json | undefined, path: string): string[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.entries(value).flatMap(([key, item]) =>
    objectsOf(item as Json, path === '' ? key : `${path}.${key}`),
  )
  return Array.isArray(value) ? inner : [path, ...inner]
}

/** Where the row cannot be told from the row of another value. */
function unplacedOf(stream: StreamName, record: JsonObject, leaves: readonly Leaf[]): string[] {
  const before = JSON.stringify(read(stream, [record]))
  return leaves
    .filter(({ path, value }) => {
      const marker = markerFor(path, value)
      const marked = structuredClone(record) as Record<string, Json>
      put(marked, path, marker)
      const batch = read(stream, [marked])
      const after = JSON.stringify(batch)
      if (batch.rows.length === 0) return after === before
      const isTraced = typeof marker === 'boolean' || closed.test(path) || contains(batch.rows, marker)
      return after === before || !isTraced
    })
    .map(({ path }) => path.replace(/\.\d+/g, '[]'))
}

/** Fields with few possible values. */
const closed = /^(severity|severity_id|severity_default_id|severity_modification_type|state)$/

function markerFor(path: string, value: string | number | boolean): string | number | boolean {
  if (typeof value === 'boolean') return !value
  if (closed.test(path)) return otherOf(value)
  if (typeof value === 'number')
    return path.endsWith('epss_score') ? 87.654321 : Number.isInteger(value) ? 54_321 : 5.4321
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return '1987-06-05T04:03:02Z'
  if (/^\d{4}\/\d\d\/\d\d$/.test(value)) return '1987/06/05'
  return 'marker-text'
}

function otherOf(value: string | number): string | number {
  if (typeof value === 'number') return (value + 1) % 5
  const sets = [
    ['info', 'low', 'medium', 'high', 'critical'],
    ['OPEN', 'REOPENED', 'FIXED'],
    ['NONE', 'RECASTED', 'ACCEPTED'],
  ]
  const set = sets.find(words => words.includes(value)) ?? ['0', '1', '2', '3', '4']
  return set[(set.indexOf(value) + 1) % set.length]!
}

/** A leaf of the row is the marker, or what we make of it. */
function contains(rows: unknown, marker: string | number): boolean {
  const forms = new Set<unknown>([marker])
  if (marker === 87.654321) forms.add(0.87654321)
  if (marker === '1987/06/05') forms.add('1987-06-05T00:00:00Z')
  const search = (value: unknown): boolean => {
    if (forms.has(value)) return true
    if (typeof value === 'string') return typeof marker === 'string' && /(^|:)marker-text($|:)/.test(value)
    if (typeof value !== 'object' || value === null) return false
    return Object.entries(value).some(([key, inner]) => key === marker || search(inner))
  }
  return search(rows)
}

function put(record: Record<string, Json>, path: string, value: Json): void {
  const keys = path.split('.')
  const last = keys.pop()!
  ;(at(record, keys.join('.')) as Record<string, Json>)[last] = value
}

function at(record: Json, path: string): Json {
  if (path === '') return record
  return path.split('.').reduce<Json>((value, key) => (value as Record<string, Json>)[key] as Json, record)
}

/** A record with every field of a table, lists with one item. */
function recordOf(table: FieldTable): JsonObject {
  const record: Record<string, Json> = {}
  let number = 0
  for (const [path, kind] of Object.entries(table)) {
    number += 1
    const keys = path.replaceAll('[]', '.0').split('.')
    let inner: Record<string, Json> = record
    keys.slice(0, -1).forEach((key, index) => {
      inner[key] ??= keys[index + 1] === '0' ? [] : {}
      inner = inner[key] as Record<string, Json>
    })
    inner[keys.at(-1)!] = path === 'severity_id' ? 0 : madeUp(kind, number)
  }
  return record
}

function madeUp(kind: FieldKind, number: number): Json {
  if (typeof kind !== 'string') return /^\d$/.test(kind[0]!) ? Number(kind[0]) : kind[0]!
  switch (kind) {
    case 'text':
      return `text-${number}`
    case 'instant':
      return new Date(1.6e12 + number * 1000).toISOString()
    case 'integer':
      return 1000 + number
    case 'score':
      return 1 + number / 1000
    case 'percent':
      return 12.5
    case 'boolean':
      return false
  }
}
