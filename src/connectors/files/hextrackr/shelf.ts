import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { HexCurrent, HexPlugin, HexSighting, Lifecycle } from './rows.ts'

// Rows of HexTrackr come in any order, one for each CVE. Here they are put in order: in a database of our own that SQLite
// keeps in a temporary file and removes, so that memory does not grow with the file.

/** One row about a finding, as it comes off the shelf. */
export interface ShelvedRow {
  readonly nativeId: string
  readonly pluginId: number
  readonly row: number
  readonly severity: number
  readonly vendor: string | null
  readonly ids: string
  /** A day of which there is a snapshot with the finding in it; null for a row of what is current. */
  readonly day: string | null
  readonly lifecycle: Lifecycle
  readonly firstSeen: string | null
  readonly lastSeen: string | null
  readonly resolved: string | null
  readonly reason: string | null
  readonly stored: string | null
  readonly published: string | null
  readonly confidence: number | null
  readonly tier: number | null
}

export interface ShelvedMachine {
  readonly hostname: string | null
  readonly operatingSystem: string | null
  readonly lastSeen: string | null
  readonly addresses: readonly string[]
}

export interface ShelvedPlugin extends HexPlugin {
  readonly ids: readonly string[]
}

const schema = `
pragma journal_mode = off;
pragma synchronous = off;
pragma cache_size = -32768;
pragma temp_store = file;
create table current_row (
  native_id text not null, plugin_id integer not null, row integer not null, severity integer not null, vendor text,
  ids text not null, lifecycle text not null, first_seen text, last_seen text, resolved text, reason text, stored text,
  published text, confidence real, tier real);
create table sighting (
  native_id text not null, plugin_id integer not null, day text not null, row integer not null, severity integer not null,
  vendor text, ids text not null, primary key (native_id, plugin_id, day)) without rowid;
create table snapshot (day text primary key, rows integer not null) without rowid;
create table machine (native_id text primary key, hostname text, operating_system text, last_seen text) without rowid;
create table address (native_id text not null, address text not null, primary key (native_id, address)) without rowid;
create table plugin (
  plugin_id integer primary key, told text, name text, description text, solution text, published text, vpr real,
  cvss real, has_patch integer);
create table plugin_id (plugin_id integer not null, id text not null, primary key (plugin_id, id)) without rowid;
`

const inOrder = `
select native_id, plugin_id, null as day, row, severity, vendor, ids, lifecycle, first_seen, last_seen, resolved, reason,
       stored, published, confidence, tier
from current_row
union all
select native_id, plugin_id, day, row, severity, vendor, ids, 'active', null, day, null, null, null, null, null, null
from sighting
order by native_id, plugin_id, day, row`

export class Shelf {
  readonly #database = new DatabaseSync('')
  readonly #put: Readonly<Record<keyof typeof puts, StatementSync>>
  readonly #get: Readonly<Record<keyof typeof gets, StatementSync>>
  #waiting = 0
  newestDay: string | null = null

  constructor() {
    this.#database.exec(schema)
    const prepare = <K extends string>(texts: Readonly<Record<K, string>>) =>
      Object.fromEntries(
        Object.entries<string>(texts).map(([name, statement]) => [name, this.#database.prepare(statement)]),
      ) as Record<K, StatementSync>
    this.#put = prepare(puts)
    this.#get = prepare(gets)
    this.#database.exec('begin')
  }

  close(): void {
    this.#database.close()
  }

  addCurrent(row: number, told: HexCurrent): void {
    this.#addCommon(told, told.lastSeen)
    this.#put.current.run(
      ...[told.nativeId, told.pluginId, row, told.severity, told.vendor, told.ids, told.lifecycle],
      ...[told.firstSeen, told.lastSeen, told.resolved, told.reason, told.stored, told.published],
      ...[told.confidence, told.tier],
    )
    this.#see(told.lastSeen)
    this.#see(told.resolved)
  }

  addSighting(row: number, told: HexSighting & { readonly day: string }): void {
    this.#addCommon(told, told.day)
    this.#put.sighting.run(told.nativeId, told.pluginId, told.day, row, told.severity, told.vendor, told.ids)
    this.#put.snapshot.run(told.day)
    this.#see(told.day)
  }

  /** Days of which there is a snapshot, oldest first. */
  snapshots(): readonly { readonly day: string; readonly rows: number; readonly findings: number }[] {
    const rows = this.#database
      .prepare(
        'select s.day, s.rows, (select count(*) from sighting f where f.day = s.day) as findings from snapshot s order by s.day',
      )
      .all()
    return rows.map(({ day, rows: count, findings }) => ({
      day: String(day),
      rows: Number(count),
      findings: Number(findings),
    }))
  }

  /** Every row, those about one finding beside each other. */
  *rows(): Generator<ShelvedRow> {
    this.#database.exec('commit; create index current_row_key on current_row (native_id, plugin_id, row)')
    for (const row of this.#database.prepare(inOrder).iterate()) yield shelvedRow(row)
  }

  machine(nativeId: string): ShelvedMachine {
    const row = this.#get.machine.get(nativeId) ?? {}
    const addresses = this.#get.addresses.all(nativeId)
    return {
      hostname: text(row.hostname),
      operatingSystem: text(row.operating_system),
      lastSeen: text(row.last_seen),
      addresses: addresses.map(one => String(one.address)),
    }
  }

  plugin(pluginId: number): ShelvedPlugin {
    const row = this.#get.plugin.get(pluginId) ?? {}
    const ids = this.#get.pluginIds.all(pluginId)
    return {
      name: text(row.name),
      description: text(row.description),
      solution: text(row.solution),
      published: text(row.published),
      vprScore: number(row.vpr),
      cvssScore: number(row.cvss),
      hasPatch: row.has_patch === 1 ? true : null,
      ids: ids.map(one => String(one.id)),
    }
  }

  #addCommon(told: HexSighting, seen: string | null): void {
    const { plugin } = told
    this.#put.machine.run(told.nativeId, told.hostname, told.operatingSystem, seen)
    if (told.address !== null) this.#put.address.run(told.nativeId, told.address)
    this.#put.plugin.run(
      ...[told.pluginId, seen, plugin.name, plugin.description, plugin.solution, plugin.published, plugin.vprScore],
      ...[plugin.cvssScore, plugin.hasPatch === null ? null : 1],
    )
    for (const id of told.ids.split(' ')) if (id !== '') this.#put.pluginId.run(told.pluginId, id)
    this.#waiting += 1
    if (this.#waiting % 50_000 === 0) this.#database.exec('commit; begin')
  }

  #see(day: string | null): void {
    if (day !== null && (this.newestDay === null || day > this.newestDay)) this.newestDay = day
  }
}

// Of what is told twice the newest telling counts, and none takes away what another has told.
const puts = {
  current: `insert into current_row values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  sighting: `
insert into sighting values (?, ?, ?, ?, ?, ?, ?)
on conflict do update set severity = max(severity, excluded.severity), vendor = coalesce(vendor, excluded.vendor),
  ids = case when length(ids) > 4000 then ids else trim(ids || ' ' || excluded.ids) end`,
  snapshot: 'insert into snapshot values (?, 1) on conflict do update set rows = rows + 1',
  machine: `
insert into machine values (?, ?, ?, ?)
on conflict do update set
  hostname = coalesce(hostname, excluded.hostname),
  operating_system = case when excluded.operating_system is null or last_seen > excluded.last_seen
                          then coalesce(operating_system, excluded.operating_system) else excluded.operating_system end,
  last_seen = max(coalesce(last_seen, ''), coalesce(excluded.last_seen, ''))`,
  address: 'insert into address values (?, ?) on conflict do nothing',
  plugin: `
insert into plugin values (?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict do update set
  name = coalesce(name, excluded.name), description = coalesce(description, excluded.description),
  solution = coalesce(solution, excluded.solution), published = coalesce(published, excluded.published),
  vpr = case when excluded.vpr is null or told > excluded.told then coalesce(vpr, excluded.vpr)
             when told = excluded.told then max(coalesce(vpr, 0), excluded.vpr) else excluded.vpr end,
  cvss = coalesce(cvss, excluded.cvss), has_patch = coalesce(has_patch, excluded.has_patch),
  told = max(coalesce(told, ''), coalesce(excluded.told, ''))`,
  pluginId: 'insert into plugin_id values (?, ?) on conflict do nothing',
} as const

const gets = {
  machine: 'select * from machine where native_id = ?',
  addresses: 'select address from address where native_id = ? limit 64',
  plugin: 'select * from plugin where plugin_id = ?',
  pluginIds: 'select id from plugin_id where plugin_id = ? limit 5000',
} as const

function shelvedRow(row: Readonly<Record<string, unknown>>): ShelvedRow {
  return {
    nativeId: String(row.native_id),
    pluginId: Number(row.plugin_id),
    row: Number(row.row),
    severity: Number(row.severity),
    vendor: text(row.vendor),
    ids: String(row.ids),
    day: text(row.day),
    lifecycle: String(row.lifecycle) as Lifecycle,
    firstSeen: text(row.first_seen),
    lastSeen: text(row.last_seen),
    resolved: text(row.resolved),
    reason: text(row.reason),
    stored: text(row.stored),
    published: text(row.published),
    confidence: number(row.confidence),
    tier: number(row.tier),
  }
}

const text = (value: unknown) => (value === null || value === undefined || value === '' ? null : String(value))
const number = (value: unknown) => (value === null || value === undefined ? null : Number(value))
