import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { crc32, deflateRawSync } from 'node:zlib'

// A HexTrackr of our own, as reference texts describe it: it takes files of one day after the other, each for the whole
// estate, and keeps what HexTrackr kept. What was really on the machines is known beside it.

/** One finding of a file: with several CVEs it becomes several rows. */
export interface Observed {
  readonly host: string
  readonly ip?: string | null
  readonly plugin: number
  readonly severity: 'Critical' | 'High' | 'Medium' | 'Low' | 'Info'
  readonly cves?: readonly string[]
  readonly vpr?: number | null
  /** When the plugin was published, where the file says so. */
  readonly published?: string | null
  readonly os?: string | null
}

interface Current {
  readonly id: number
  readonly key: string
  readonly host: string
  readonly ip: string | null
  readonly plugin: number
  readonly cve: string | null
  readonly first_seen: string
  readonly created_at: string
  readonly published: string | null
  severity: string
  vpr: number | null
  os: string | null
  last_seen: string
  import_id: number
  lifecycle: 'active' | 'grace_period' | 'resolved'
  resolved: string | null
}

interface Snapshot {
  readonly id: number
  readonly day: string
  readonly row: Current
}

export interface HexTotals {
  readonly day: string
  readonly vendor: string
  readonly counts: Readonly<Record<'critical' | 'high' | 'medium' | 'low', { count: number; vpr: number }>>
  readonly total: number
  readonly totalVpr: number
  readonly resolved: number | null
}

const vendorOf = (host: string) => (/^nfpan/.test(host) ? 'Palo Alto' : /^n[rs]wan/.test(host) ? 'CISCO' : 'Other')

export class HexTrackr {
  readonly current: Current[] = []
  snapshots: Snapshot[] = []
  readonly totals = new Map<string, HexTotals>()
  readonly vendorTotals = new Map<string, HexTotals>()
  readonly imports: { readonly id: number; readonly day: string; readonly rows: number }[] = []
  #ids = 0

  /** A file of a day, as it takes it: steps 1 to 5. */
  import(day: string, observed: readonly Observed[]): void {
    const importId = this.imports.length + 1
    const rows = observed.flatMap(one => (one.cves?.length ? one.cves : [null]).map(cve => ({ ...one, cve })))
    this.imports.push({ id: importId, day, rows: rows.length })
    for (const row of this.current) if (row.lifecycle === 'active') row.lifecycle = 'grace_period'
    for (const one of rows) this.#take(day, importId, one)
    for (const row of this.current) {
      if (row.lifecycle !== 'grace_period') continue
      row.lifecycle = 'resolved'
      row.resolved = day
    }
    this.#count(day)
    const kept = [...new Set(this.snapshots.map(one => one.day))].sort().slice(-3)
    this.snapshots = this.snapshots.filter(one => kept.includes(one.day))
  }

  /** The file that HexTrackr keeps all of it in. */
  database(
    options: { readonly change?: (database: DatabaseSync) => void; readonly isWriteAhead?: boolean } = {},
  ): Buffer {
    const folder = mkdtempSync(join(tmpdir(), 'tenfold-hextrackr-'))
    try {
      const path = join(folder, 'hextrackr.db')
      const database = new DatabaseSync(path)
      database.exec(`pragma journal_mode = ${options.isWriteAhead ? 'wal' : 'delete'}; ${schema}; begin`)
      for (const [table, rows] of Object.entries(this.tables())) {
        const [head] = rows
        if (!head) continue
        const names = Object.keys(head)
        const insert = database.prepare(
          `insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`,
        )
        for (const row of rows) insert.run(...names.map(name => row[name] ?? null))
      }
      database.exec('commit')
      options.change?.(database)
      database.close()
      return readFileSync(path)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  /** A backup: a zip of a JSON file for each table, cut into parts from so many rows on. */
  backup(rowsInPart = 10_000): Buffer {
    const files: Record<string, string> = {
      '_metadata.json': JSON.stringify({ type: 'vulnerabilities', version: '1' }),
    }
    for (const [table, rows] of Object.entries(this.tables())) {
      if (rows.length <= rowsInPart) {
        files[`${table}.json`] = JSON.stringify({ count: rows.length, data: rows })
        continue
      }
      const parts = Math.ceil(rows.length / rowsInPart)
      files[`${table}_chunks_index.json`] = JSON.stringify({ total_chunks: parts })
      for (let part = 0; part < parts; part++) {
        const data = rows.slice(part * rowsInPart, (part + 1) * rowsInPart)
        files[`${table}_chunk_${part + 1}_of_${parts}.json`] = JSON.stringify({ count: data.length, data })
      }
    }
    return zipOf(files)
  }

  /** What is open by HexTrackr's own list, as `host plugin`. */
  open(): string[] {
    return keysOf(this.current.filter(row => row.lifecycle !== 'resolved'))
  }

  /** What a kept snapshot has, as `host plugin`. */
  openOn(day: string): string[] {
    return keysOf(this.snapshots.filter(one => one.day === day).map(one => one.row))
  }

  get snapshotDays(): string[] {
    return [...new Set(this.snapshots.map(one => one.day))].sort()
  }

  tables(): Readonly<Record<string, readonly Readonly<Record<string, string | number | null>>[]>> {
    const told = (row: Current) => ({
      hostname: row.host,
      ip_address: row.ip,
      cve: row.cve,
      vendor: vendorOf(row.host),
      plugin_id: String(row.plugin),
      plugin_name: `Check ${row.plugin}`,
      description: row.cve === null ? `About ${row.plugin}.` : `About ${row.plugin}. (${row.cve})`,
      solution: `Mend ${row.plugin}.`,
      vulnerability_date: row.published,
      state: 'open',
      confidence_score: row.cve === null ? 70 : 85,
      dedup_tier: row.cve === null ? 3 : 2,
      operating_system: row.os,
    })
    const sums = (one: HexTotals) => ({
      scan_date: one.day,
      ...Object.fromEntries(
        Object.entries(one.counts).flatMap(([severity, { count, vpr }]) => [
          [`${severity}_count`, count],
          [`${severity}_total_vpr`, vpr],
        ]),
      ),
      total_vulnerabilities: one.total,
      total_vpr: one.totalVpr,
    })
    return {
      vulnerability_imports: this.imports.map(one => ({
        id: one.id,
        filename: `${one.day}.csv`,
        import_date: one.day,
        row_count: one.rows,
      })),
      vulnerabilities_current: this.current.map(row => ({
        ...{
          id: row.id,
          import_id: row.import_id,
          scan_date: row.last_seen,
          severity: row.severity,
          vpr_score: row.vpr,
        },
        ...{ first_seen: row.first_seen, last_seen: row.last_seen, created_at: row.created_at, unique_key: row.key },
        ...{ lifecycle_state: row.lifecycle, resolved_date: row.resolved },
        resolution_reason: row.resolved === null ? null : 'not_present_in_scan',
        ...told(row),
      })),
      vulnerability_snapshots: this.snapshots.map(one => ({
        ...{
          id: one.id,
          import_id: one.row.import_id,
          scan_date: one.day,
          severity: one.row.severity,
          vpr_score: one.row.vpr,
        },
        ...{ first_seen: one.row.published ?? one.day, last_seen: one.day, created_at: one.row.created_at },
        ...told(one.row),
      })),
      vulnerability_daily_totals: [...this.totals.values()].map(one => ({
        ...sums(one),
        resolved_count: one.resolved,
        reopened_count: 0,
      })),
      vendor_daily_totals: [...this.vendorTotals.values()].map(one => ({ ...sums(one), vendor: one.vendor })),
    }
  }

  #take(day: string, importId: number, one: Observed & { readonly cve: string | null }): void {
    const key = `${one.host}|${one.cve ?? one.plugin}|${one.plugin}`
    const known = this.current.find(row => row.key === key)
    const row: Current = known ?? {
      id: ++this.#ids,
      key,
      host: one.host,
      ip: one.ip ?? null,
      plugin: one.plugin,
      cve: one.cve,
      first_seen: one.published ?? day,
      created_at: `${day} 08:15:00`,
      published: one.published ?? null,
      severity: one.severity,
      vpr: one.vpr ?? null,
      os: one.os ?? null,
      last_seen: day,
      import_id: importId,
      lifecycle: 'active',
      resolved: null,
    }
    if (!known) this.current.push(row)
    Object.assign(row, { severity: one.severity, vpr: one.vpr ?? null, os: one.os ?? row.os })
    Object.assign(row, { last_seen: day, import_id: importId, lifecycle: 'active' })
    this.snapshots.push({ id: ++this.#ids, day, row: { ...row } })
  }

  #count(day: string): void {
    const rows = this.current.filter(row => row.last_seen === day && row.lifecycle === 'active')
    const resolved = new Set(this.current.filter(row => row.resolved === day).map(row => row.key)).size
    this.totals.set(day, sumOf(day, '', rows, resolved))
    for (const vendor of new Set(rows.map(row => vendorOf(row.host)))) {
      const own = rows.filter(row => vendorOf(row.host) === vendor)
      this.vendorTotals.set(`${day} ${vendor}`, sumOf(day, vendor, own, null))
    }
  }
}

function sumOf(day: string, vendor: string, rows: readonly Current[], resolved: number | null): HexTotals {
  const best = new Map<string, Current>()
  for (const row of rows) {
    const key = `${row.severity} ${row.host} ${row.plugin}`
    const known = best.get(key)
    if (!known || (row.vpr ?? 0) > (known.vpr ?? 0)) best.set(key, row)
  }
  const all = [...best.values()]
  const of = (severity: string) => {
    const own = all.filter(row => row.severity === severity)
    return { count: own.length, vpr: own.reduce((sum, row) => sum + (row.vpr ?? 0), 0) }
  }
  return {
    day,
    vendor,
    counts: { critical: of('Critical'), high: of('High'), medium: of('Medium'), low: of('Low') },
    total: all.length,
    totalVpr: all.reduce((sum, row) => sum + (row.vpr ?? 0), 0),
    resolved,
  }
}

const keysOf = (rows: readonly { readonly host: string; readonly plugin: number }[]) =>
  [...new Set(rows.map(row => `${row.host} ${row.plugin}`))].sort()

const observedColumns = `id integer primary key, import_id integer not null, scan_date text not null, hostname text,
  ip_address text, cve text, severity text, vpr_score real, cvss_score real, first_seen text, last_seen text, plugin_id text,
  plugin_name text, description text, solution text, vendor_reference text, vendor text, vulnerability_date text,
  state text default 'open', created_at datetime default current_timestamp, unique_key text, confidence_score integer,
  dedup_tier integer, enhanced_unique_key text, operating_system text, solution_text text`
const totalColumns = `critical_count integer default 0, critical_total_vpr real default 0, high_count integer default 0,
  high_total_vpr real default 0, medium_count integer default 0, medium_total_vpr real default 0, low_count integer default 0,
  low_total_vpr real default 0, total_vulnerabilities integer default 0, total_vpr real default 0`

const schema = `
create table vulnerability_imports (id integer primary key, filename text not null, import_date text not null,
  row_count integer, vendor text, file_size integer, processing_time integer, raw_headers text, created_at datetime);
create table vulnerability_snapshots (${observedColumns});
create table vulnerabilities_current (${observedColumns}, lifecycle_state text default 'active', resolved_date text,
  resolution_reason text, is_fix_available integer);
create unique index current_key on vulnerabilities_current (unique_key);
create table vulnerability_daily_totals (id integer primary key, scan_date text not null unique, ${totalColumns},
  resolved_count integer default 0, reopened_count integer default 0);
create table vendor_daily_totals (id integer primary key, scan_date text not null, vendor text not null, ${totalColumns},
  unique (scan_date, vendor));
create table tickets (id text primary key, xt_number text, status text)`

/** A zip archive as any program writes it. */
export function zipOf(files: Readonly<Record<string, string | Buffer>>): Buffer {
  const pieces: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content)
    const packed = deflateRawSync(bytes)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(8, 4)
    common.writeUInt32LE(crc32(bytes), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(bytes.length, 18)
    common.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed])
    const trailer = Buffer.alloc(14)
    trailer.writeUInt32LE(at, 10)
    const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, trailer, Buffer.from(name)])
    pieces.push(local)
    directory.push(central)
    at += local.length
  }
  const size = directory.reduce((sum, one) => sum + one.length, 0)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(directory.length, 8)
  end.writeUInt16LE(directory.length, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...pieces, ...directory, end])
}
