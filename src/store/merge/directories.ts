import type { DirectoryBatch } from '../../domain/batch.ts'
import type { DirectoryList, DirectoryReading } from '../../domain/directory.ts'
import { textHash } from '../copy-text.ts'
import type { Connection } from '../database.ts'
import { addNote } from '../ledger.ts'
import { permissionsOf } from '../run-permissions.ts'
import type { PartContext } from './context.ts'
import { columnOf, directoryTables } from './directory-columns.ts'

export interface DirectoryMergeResult {
  readonly inserted: number
  readonly changed: number
  readonly unchanged: number
}

interface StagedEntry {
  readonly nativeId: string
  readonly hash: string
  readonly row: Readonly<Record<string, unknown>>
}

/**
 * Merges the small lists that a part reads, in the part's transaction. What a list no longer has is marked as gone with
 * its last batch, when the list was met whole.
 */
export class DirectoryMerge {
  readonly #connection: Connection
  readonly #context: PartContext
  readonly #met = new Map<DirectoryList, Set<string>>()
  /** Lists that we had nothing of when the part began. */
  readonly #isNew = new Map<DirectoryList, boolean>()
  #hasRejected = false

  constructor(connection: Connection, context: PartContext) {
    this.#connection = connection
    this.#context = context
  }

  async take(batch: DirectoryBatch): Promise<DirectoryMergeResult> {
    const { list, rows, reading } = batch
    this.#hasRejected ||= batch.rejected.length > 0
    const staged = lastOfEach(rows.map(stage))
    const met = this.#met.get(list) ?? new Set()
    this.#met.set(list, met)
    for (const { nativeId } of staged) met.add(nativeId)
    const written = await this.#write(list, staged)
    if (reading !== 'more') await this.#finish(list, reading, met)
    return { ...written, unchanged: rows.length - written.inserted - written.changed }
  }

  async #write(list: DirectoryList, staged: readonly StagedEntry[]): Promise<{ inserted: number; changed: number }> {
    const { sourceId, readAt, runId } = this.#context
    const isNew = await this.#isFirstReading(list)
    const different = await this.#notAsStored(list, staged)
    if (different.length === 0) return { inserted: 0, changed: 0 }
    const rows = JSON.stringify(different.map(entry => entry.row))
    await this.#connection.query(insertEvents(list), [rows, sourceId, readAt, runId, isNew])
    const written = await this.#connection.query<{ inserted: boolean }>(upsert(list), [rows, sourceId, readAt, runId])
    const inserted = written.rows.filter(row => row.inserted).length
    return { inserted, changed: written.rows.length - inserted }
  }

  async #isFirstReading(list: DirectoryList): Promise<boolean> {
    const known = this.#isNew.get(list)
    if (known !== undefined) return known
    const { rows } = await this.#connection.query<{ found: boolean }>(
      `select exists (select from ${list} where source_id = $1) as found`,
      [this.#context.sourceId],
    )
    this.#isNew.set(list, !rows[0]?.found)
    return !rows[0]?.found
  }

  async #notAsStored(list: DirectoryList, staged: readonly StagedEntry[]): Promise<readonly StagedEntry[]> {
    const { rows } = await this.#connection.query<{ native_id: string; row_hash: string }>(
      `select native_id, row_hash::text from ${list}
       where source_id = $1 and native_id = any($2::text[]) and gone_at is null`,
      [this.#context.sourceId, staged.map(entry => entry.nativeId)],
    )
    const stored = new Map(rows.map(row => [row.native_id, row.row_hash]))
    return staged.filter(entry => stored.get(entry.nativeId) !== entry.hash)
  }

  /** Marks what was not met as gone, unless there is a reason to doubt that it is. */
  async #finish(list: DirectoryList, reading: DirectoryReading, met: ReadonlySet<string>): Promise<void> {
    const { sourceId, readAt, runId } = this.#context
    const missing = await this.#missing(list, met)
    if (missing.length === 0) return
    const doubt = await this.#doubt(list, reading, met.size, missing.length)
    if (doubt !== undefined) {
      const what = `${missing.length} of the list "${list}" were not met and are kept as they are`
      return addNote(this.#connection, runId, `${what}: ${doubt}`)
    }
    await this.#connection.query(insertGone(list), [sourceId, missing, readAt, runId])
    await this.#connection.query(
      `update ${list} set gone_at = $3, run_id = $4, changed_at = now()
       where source_id = $1 and native_id = any($2::text[])`,
      [sourceId, missing, readAt, runId],
    )
  }

  async #missing(list: DirectoryList, met: ReadonlySet<string>): Promise<readonly string[]> {
    const { rows } = await this.#connection.query<{ native_id: string }>(
      `select d.native_id
       from ${list} d
       where d.source_id = $1 and d.gone_at is null and d.run_id <= $3
         and not exists (select from unnest($2::text[]) as met (native_id) where met.native_id = d.native_id)
       order by d.native_id
       for no key update`,
      [this.#context.sourceId, [...met], this.#context.runId],
    )
    return rows.map(row => row.native_id)
  }

  async #doubt(
    list: DirectoryList,
    reading: DirectoryReading,
    met: number,
    missing: number,
  ): Promise<string | undefined> {
    if (reading === 'moved') return 'the list changed while it was read.'
    if (this.#hasRejected) return 'a record could not be read, and may be one of them.'
    if (met === 0 && missing > directoryTables[list].mayVanish) return 'the source answered with none at all.'
    const { now, before } = await permissionsOf(this.#connection, this.#context.runId, this.#context.sourceId)
    if (before === null || (now !== null && now >= before)) return undefined
    return `the key's role is ${now ?? 'not known'} where it was ${before}: it may show less than before.`
  }
}

function stage(entry: DirectoryBatch['rows'][number]): StagedEntry {
  const facts = Object.entries(entry).map(([fact, value]) => [columnOf(fact), value] as const)
  const hash = textHash(JSON.stringify(entry))
  return { nativeId: entry.nativeId, hash, row: { ...Object.fromEntries(facts), row_hash: hash } }
}

function lastOfEach(staged: readonly StagedEntry[]): StagedEntry[] {
  return [...new Map(staged.map(entry => [entry.nativeId, entry])).values()]
}

// A source has one run at a time, and no part outlives its run: the later run is the later reading, whatever the clocks say.

const trackedOf = (list: DirectoryList, alias: string) =>
  `jsonb_build_object(${directoryTables[list].tracked.map(column => `'${column}', ${alias}.${column}`).join(', ')})`

const differing = (side: string, other: string) => `
(select jsonb_object_agg(x.key, x.value) from jsonb_each(${side}) as x where ${other} -> x.key is distinct from x.value)`

const insertEvents = (list: DirectoryList) => {
  const { label, appearedAt, modifiedAt } = directoryTables[list]
  const modifiedBefore = modifiedAt.replace('s.', 'd.')
  return `
insert into directory_event (source_id, list, native_id, happened_at, run_id, kind, name, is_reconstructed, before, after)
select $2::integer, '${list}', s.native_id,
       case when d.native_id is null then ${appearedAt}
            when d.gone_at is null and ${modifiedAt} > ${modifiedBefore} then ${modifiedAt}
            else $3::timestamptz end,
       $4::bigint,
       case when d.native_id is null then 'appeared' when d.gone_at is not null then 'returned' else 'changed' end,
       ${label}, d.native_id is null and $5::boolean,
       case when d.native_id is not null then ${differing('t.before', 't.after')} end,
       case when d.native_id is null then t.after else ${differing('t.after', 't.before')} end
from jsonb_populate_recordset(null::${list}, $1) as s
left join ${list} d on d.source_id = $2::integer and d.native_id = s.native_id
cross join lateral (select ${trackedOf(list, 'd')} as before, ${trackedOf(list, 's')} as after) as t
where d.native_id is null or (d.run_id <= $4::bigint and (d.gone_at is not null or t.before <> t.after))
order by s.native_id`
}

const insertGone = (list: DirectoryList) => `
insert into directory_event (source_id, list, native_id, happened_at, run_id, kind, name, before)
select s.source_id, '${list}', s.native_id, $3::timestamptz, $4::bigint, 'gone', ${directoryTables[list].label},
       ${trackedOf(list, 's')}
from ${list} s
where s.source_id = $1 and s.native_id = any($2::text[])
order by s.native_id`

const upsert = (list: DirectoryList) => {
  const columns = [...directoryTables[list].facts.map(columnOf), 'extra', 'row_hash']
  return `
insert into ${list} as d (source_id, native_id, ${columns.join(', ')}, read_at, run_id)
select $2::integer, native_id, ${columns.join(', ')}, $3::timestamptz, $4::bigint
from jsonb_populate_recordset(null::${list}, $1)
order by native_id
on conflict (source_id, native_id) do update
set ${columns.map(column => `${column} = excluded.${column}`).join(', ')},
    read_at = excluded.read_at, run_id = excluded.run_id, gone_at = null, changed_at = now()
where d.run_id <= excluded.run_id and (d.row_hash <> excluded.row_hash or d.gone_at is not null)
returning xmax = 0 as inserted`
}
