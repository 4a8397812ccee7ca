import { readFile } from 'node:fs/promises'
import type { Queryable } from '../database.ts'
import { findOpenRuns } from '../ledger.ts'
import { secondaryIndexes } from '../secondary-indexes.ts'
import { type Check, type Damage, damageOf, samplesAtMost } from './check.ts'

// Whether the database still has what the migrations made: an index that is gone makes every list slow, a constraint or a
// trigger that is gone lets in what must not be.

export interface SchemaPart {
  readonly kind: 'table' | 'column' | 'constraint' | 'index' | 'trigger'
  readonly table: string
  readonly name: string
  /** What makes it again, where that is one statement. */
  readonly statement: string | null
}

/** What schema.sql says there must be in the schema `public`. */
export function partsOf(schema: string): readonly SchemaPart[] {
  const parts: SchemaPart[] = []
  for (const block of schema.split(/^(?=create table )/m)) {
    const head = /^create table (\w+)( partition of)?/.exec(block)
    const table = head?.[1]
    if (table === undefined) continue
    parts.push({ kind: 'table', table, name: table, statement: null })
    const body = head?.[2] ? '' : block.slice(0, block.indexOf('\n)'))
    for (const line of body.split('\n').slice(1)) {
      const constraint = /^ {2}constraint (\w+) /.exec(line)?.[1]
      const column = /^ {2}(\w+) /.exec(line)?.[1]
      if (constraint !== undefined) parts.push({ kind: 'constraint', table, name: constraint, statement: null })
      else if (column !== undefined) parts.push({ kind: 'column', table, name: column, statement: null })
    }
    for (const [statement, name = ''] of block.matchAll(/^create (?:unique )?index (\w+) [^;]*;/gim)) {
      parts.push({ kind: 'index', table, name, statement })
    }
    for (const [, name = ''] of block.matchAll(/^create trigger (\w+) /gim)) {
      parts.push({ kind: 'trigger', table, name, statement: null })
    }
  }
  return parts
}

export async function expectedParts(): Promise<readonly SchemaPart[]> {
  return partsOf(await readFile(new URL('../schema.sql', import.meta.url), 'utf8'))
}

const presentParts = `
select concat_ws(' ', 'table', relname, relname) as part
from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
union all
select concat_ws(' ', 'column', c.relname, a.attname)
from pg_attribute a join pg_class c on c.oid = a.attrelid
where c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped
union all
select concat_ws(' ', 'constraint', c.relname, n.conname)
from pg_constraint n join pg_class c on c.oid = n.conrelid
where n.connamespace = 'public'::regnamespace
union all
select concat_ws(' ', 'index', c.relname, x.relname)
from pg_index i join pg_class x on x.oid = i.indexrelid join pg_class c on c.oid = i.indrelid
where c.relnamespace = 'public'::regnamespace and i.indisvalid and i.indisready
union all
select concat_ws(' ', 'trigger', c.relname, t.tgname)
from pg_trigger t join pg_class c on c.oid = t.tgrelid
where c.relnamespace = 'public'::regnamespace and t.tgenabled in ('O', 'A')`

/** Parts of the schema that are missing, invalid or switched off. */
export async function missingParts(queryable: Queryable): Promise<readonly SchemaPart[]> {
  const { rows } = await queryable.query<{ part: string }>(presentParts)
  const present = new Set(rows.map(row => row.part))
  const missing = (await expectedParts()).filter(({ kind, table, name }) => !present.has(`${kind} ${table} ${name}`))
  // A run that loads for the first time drops some indexes and builds them at its end.
  const isLoading = (await findOpenRuns(queryable)).length > 0
  return missing.filter(({ name }) => !(isLoading && secondaryIndexes.some(index => index.name === name)))
}

export async function checkSchema(queryable: Queryable): Promise<readonly Damage[]> {
  const missing = await missingParts(queryable)
  const damages = [
    schemaDamage('index_missing', 'indexes that are missing or not valid', missing, ['index']),
    schemaDamage(
      'schema_part_missing',
      'tables, columns, constraints or triggers that are missing or switched off',
      missing,
      ['table', 'column', 'constraint', 'trigger'],
    ),
  ]
  return damages.filter(damage => damage !== undefined)
}

function schemaDamage(
  name: string,
  about: string,
  missing: readonly SchemaPart[],
  kinds: readonly SchemaPart['kind'][],
): Damage | undefined {
  const parts = missing.filter(part => kinds.includes(part.kind))
  const samples = parts.slice(0, samplesAtMost).map(part => `${part.kind} ${part.name} of ${part.table}`)
  return damageOf({ name, about, ...(kinds[0] === 'index' ? { repair: 'schema' } : {}) }, parts.length, samples)
}

/** A month of history that nobody sees: its table is there and not attached. */
export const partitionCheck: Check = {
  name: 'partition_detached',
  about: 'months of history that are not attached, so that their events are not seen',
  sql: `select c.relname::text
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and not c.relispartition
      and c.relname ~ '^finding_event_[0-9]{4}_[0-9]{2}$'`,
}

export interface NumberedColumn {
  readonly table: string
  readonly column: string
  readonly sequence: string
}

const numberedColumns = `
select c.relname::text as table, a.attname::text as column, s.relname::text as sequence
from pg_depend d
join pg_class s on s.oid = d.objid and s.relkind = 'S'
join pg_class c on c.oid = d.refobjid
join pg_attribute a on a.attrelid = c.oid and a.attnum = d.refobjsubid
where d.classid = 'pg_class'::regclass and d.deptype in ('i', 'a') and c.relnamespace = 'public'::regnamespace
order by 1`

/** Columns whose next number is one that a row has already: the next insert would fail. */
export async function columnsBehind(queryable: Queryable): Promise<readonly NumberedColumn[]> {
  const { rows } = await queryable.query<NumberedColumn>(numberedColumns)
  const behind: NumberedColumn[] = []
  for (const numbered of rows) {
    const { table, column, sequence } = numbered
    const found = await queryable.query<{ behind: boolean }>(
      `select coalesce((select max("${column}") from "${table}"), 0)
              > coalesce((select last_value from pg_sequences where schemaname = 'public' and sequencename = $1), 0)
              as behind`,
      [sequence],
    )
    if (found.rows[0]?.behind) behind.push(numbered)
  }
  return behind
}

export async function checkSequences(queryable: Queryable): Promise<Damage | undefined> {
  const behind = await columnsBehind(queryable)
  return damageOf(
    { name: 'sequence_behind', about: 'columns whose next number is taken already', repair: 'sequences' },
    behind.length,
    behind.slice(0, samplesAtMost).map(({ table, column }) => `${table}.${column}`),
  )
}
