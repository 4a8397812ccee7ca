import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import type { Connection } from '../database.ts'
import { type FindingRow, factColumns } from './finding-rows.ts'
import type { LineBuffer } from './line-buffer.ts'

// The tables live as long as the part's transaction: one made in it is emptied in place, and no catalogue row outlives
// a crash.
const createStaging = `
create temporary table staged_key (
  ordinal integer not null,
  asset_id bigint not null,
  plugin_id integer not null,
  port integer not null,
  protocol text collate "C" not null,
  instance text collate "C" not null,
  row_hash bigint not null,
  output_hash bigint
) on commit drop;
create temporary table staged_finding (
  asset_id bigint not null,
  plugin_id integer not null,
  port integer not null,
  protocol text collate "C" not null,
  instance text collate "C" not null,
  state text not null,
  severity text not null,
  default_severity text,
  severity_modification text not null,
  modification_reason text,
  modification_rule_id text,
  first_found timestamptz,
  last_found timestamptz,
  last_fixed timestamptz,
  resurfaced_date timestamptz,
  time_taken_to_fix bigint,
  vendor_version_at timestamptz,
  service text,
  sensor text,
  scan_target text,
  native_id text,
  scan_run_id bigint,
  row_hash bigint not null,
  output_hash bigint,
  output text,
  extra jsonb
) on commit drop;`

// Without them the planner, which has no statistics of staging nor yet of a table that was empty a minute ago, may scan
// the whole of finding for each batch.
const lookUpByKey = 'set local enable_hashjoin = off; set local enable_mergejoin = off; set local enable_seqscan = off;'

export async function prepareStaging(connection: Connection): Promise<void> {
  await connection.query(createStaging + lookUpByKey)
}

const copyKeys = 'copy staged_key from stdin'
const copyFindings = `copy staged_finding (asset_id, plugin_id, port, protocol, instance, ${factColumns.join(', ')}, row_hash, output_hash, output, extra) from stdin`

/** Adds keys to those of the part; they are numbered from `from` on. */
export async function stageKeys(connection: Connection, rows: readonly FindingRow[], from: number): Promise<void> {
  await copy(connection, copyKeys, keyBlocks(rows, from))
}

/** @param lines where the rows' lines are */
export async function stageFindings(
  connection: Connection,
  rows: readonly FindingRow[],
  lines: LineBuffer,
): Promise<void> {
  await connection.query('truncate staged_finding')
  await copy(connection, copyFindings, lineBlocks(rows, lines))
}

async function copy(connection: Connection, statement: string, blocks: Iterable<Buffer>): Promise<void> {
  await pipeline(Readable.from(blocks), connection.query(copyFrom(statement)))
}

// A write per line would cost more than the line.
const blockBytes = 256 * 1024

function* keyBlocks(rows: readonly FindingRow[], from: number): Generator<Buffer> {
  let block = ''
  for (const [index, { key, rowHash, outputHash }] of rows.entries()) {
    block += `${from + index}\t${key}\t${rowHash}\t${outputHash ?? '\\N'}\n`
    if (block.length >= blockBytes) {
      yield Buffer.from(block)
      block = ''
    }
  }
  if (block !== '') yield Buffer.from(block)
}

function* lineBlocks(rows: readonly FindingRow[], lines: LineBuffer): Generator<Buffer> {
  let block: Buffer[] = []
  let size = 0
  for (const { from, to } of rows) {
    block.push(lines.bytes(from, to))
    size += to - from
    if (size >= blockBytes) {
      yield Buffer.concat(block, size)
      block = []
      size = 0
    }
  }
  if (size > 0) yield Buffer.concat(block, size)
}
