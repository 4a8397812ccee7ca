import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import { type FileBatch, type FileFinding, type FileTotal, totalCounts } from '../../domain/file-reading.ts'
import type { Plugin } from '../../domain/plugin.ts'
import { copyText, copyValue } from '../copy-text.ts'
import type { Connection, Database } from '../database.ts'
import { unitePlugins } from './unite-plugins.ts'

const rowColumns = `row_number, native_id, plugin_id, port, protocol, instance, state, severity, default_severity,
  severity_modification, modification_reason, first_found, last_found, last_fixed, resurfaced_date, version_at, service,
  sensor, scan_uuid, scan_schedule_uuid, scan_started_at, scan_completed_at, scan_target, finding_native_id, output, extra`

/** Writes a piece of a file down, in a transaction of its own. */
export async function stageBatch(database: Database, importId: number, batch: FileBatch): Promise<void> {
  await database.transaction(async connection => {
    // What is lost with the server is read again from the file.
    await connection.query('set local synchronous_commit = off')
    await stageHosts(connection, importId, batch)
    await stagePlugins(connection, importId, batch.plugins)
    await stageRows(connection, importId, batch.findings)
    await stageOthers(connection, importId, batch)
    await stageTotals(connection, importId, batch.totals)
  })
}

async function stageHosts(connection: Connection, importId: number, { hosts }: FileBatch): Promise<void> {
  if (hosts.length === 0) return
  // Of one machine met twice the later picture counts; both lists of names lead to it.
  await connection.query(
    `insert into file_import_host as h (import_id, native_id, aliases, asset, observed)
     select distinct on (n.native_id) $1, n.native_id, n.aliases, n.asset, n.observed
     from jsonb_to_recordset($2) as n (native_id text, aliases text[], asset jsonb, observed jsonb)
     order by n.native_id, n.asset ->> 'updatedAt' desc nulls last
     on conflict (import_id, native_id) do update
     set aliases = (select array_agg(distinct a) from unnest(h.aliases || excluded.aliases) as a),
         asset = case when coalesce(excluded.asset ->> 'updatedAt', '') >= coalesce(h.asset ->> 'updatedAt', '')
                      then excluded.asset else h.asset end,
         observed = case when coalesce(excluded.asset ->> 'updatedAt', '') >= coalesce(h.asset ->> 'updatedAt', '')
                         then excluded.observed else h.observed end`,
    [
      importId,
      JSON.stringify(
        hosts.map(({ nativeId, aliases, asset, observed }) => ({ native_id: nativeId, aliases, asset, observed })),
      ),
    ],
  )
}

async function stagePlugins(connection: Connection, importId: number, plugins: readonly Plugin[]): Promise<void> {
  if (plugins.length === 0) return
  const { rows } = await connection.query<{ plugin: Plugin }>(
    'select plugin from file_import_plugin where import_id = $1 and plugin_id = any($2::integer[])',
    [importId, plugins.map(plugin => plugin.pluginId)],
  )
  const united = unitePlugins([...rows.map(row => row.plugin), ...plugins])
  await connection.query(
    `insert into file_import_plugin (import_id, plugin_id, plugin)
     select $1, plugin_id, plugin from jsonb_to_recordset($2) as p (plugin_id integer, plugin jsonb)
     on conflict (import_id, plugin_id) do update set plugin = excluded.plugin`,
    [importId, JSON.stringify(united.map(plugin => ({ plugin_id: plugin.pluginId, plugin })))],
  )
}

async function stageRows(connection: Connection, importId: number, findings: readonly FileFinding[]): Promise<void> {
  if (findings.length === 0) return
  const statement = `copy file_import_row (import_id, ${rowColumns}) from stdin`
  await pipeline(Readable.from(blocksOf(importId, findings)), connection.query(copyFrom(statement)))
}

const blockBytes = 256 * 1024

function* blocksOf(importId: number, findings: readonly FileFinding[]): Generator<Buffer> {
  let block = ''
  for (const finding of findings) {
    block += `${importId}\t${lineOf(finding)}\n`
    if (block.length < blockBytes) continue
    yield Buffer.from(block)
    block = ''
  }
  if (block !== '') yield Buffer.from(block)
}

function lineOf(finding: FileFinding): string {
  return [
    finding.row,
    copyText(finding.nativeId),
    finding.pluginId,
    finding.port,
    copyText(finding.protocol.slice(0, 100)),
    copyText(finding.instance),
    copyValue(finding.state),
    finding.severity,
    copyValue(finding.defaultSeverity),
    copyValue(finding.severityModification),
    copyText(finding.modificationReason),
    copyText(finding.firstFound),
    copyText(finding.lastFound),
    copyText(finding.lastFixed),
    copyText(finding.resurfacedAt),
    copyText(finding.versionAt),
    copyText(finding.service),
    copyText(finding.sensor),
    copyText(finding.scanUuid),
    copyText(finding.scanScheduleUuid),
    copyText(finding.scanStartedAt),
    copyText(finding.scanCompletedAt),
    copyText(finding.scanTarget),
    copyText(finding.findingId),
    copyText(finding.output),
    finding.extra === null ? '\\N' : copyText(JSON.stringify(finding.extra)),
  ].join('\t')
}

async function stageOthers(connection: Connection, importId: number, batch: FileBatch): Promise<void> {
  const lists = [
    {
      rows: batch.compliance.map(({ row, nativeId, ...result }) => ({ row_number: row, native_id: nativeId, result })),
      statement: `insert into file_import_compliance (import_id, row_number, native_id, result)
        select $1, row_number, native_id, result
        from jsonb_to_recordset($2) as r (row_number bigint, native_id text, result jsonb)`,
    },
    {
      rows: batch.rejected.map(({ row, reason, raw }) => ({ row_number: row, reason, raw })),
      statement: `insert into file_import_rejected (import_id, row_number, reason, raw)
        select $1, row_number, reason, raw from jsonb_to_recordset($2) as r (row_number bigint, reason text, raw text)`,
    },
    {
      rows: batch.issues.map(({ row, field, problem }) => ({ row_number: row, field, problem })),
      statement: `insert into file_import_issue (import_id, row_number, field, problem)
        select $1, row_number, field, problem
        from jsonb_to_recordset($2) as r (row_number bigint, field text, problem text)`,
    },
  ]
  for (const { rows, statement } of lists) {
    if (rows.length > 0) await connection.query(statement, [importId, JSON.stringify(rows)])
  }
}

/** As they are; of a day told twice the later row counts. */
async function stageTotals(connection: Connection, importId: number, totals: readonly FileTotal[]): Promise<void> {
  if (totals.length === 0) return
  const latest = new Map(totals.map(total => [`${total.day} ${total.vendor}`, total]))
  const columns = totalCounts.join(', ')
  await connection.query(
    `insert into file_import_total (import_id, day, vendor, ${columns})
     select $1, day, vendor, ${columns} from jsonb_populate_recordset(null::file_import_total, $2)
     on conflict (import_id, day, vendor) do update
     set ${totalCounts.map(column => `${column} = excluded.${column}`).join(', ')}`,
    [importId, JSON.stringify([...latest.values()].map(({ day, vendor, counts }) => ({ day, vendor, ...counts })))],
  )
}

/** Of an earlier attempt, whose process died: the file is read anew. */
export async function clearStaged(database: Database, importId: number): Promise<void> {
  await database.transaction(async connection => {
    for (const table of ['row', 'host', 'plugin', 'compliance', 'rejected', 'issue', 'plan', 'total', 'snapshot']) {
      await connection.query(`delete from file_import_${table} where import_id = $1`, [importId])
    }
  })
}
