import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'

// A raw limit: rows that are already prepared, by COPY, into a bare table.

const client = new pg.Client({ connectionString: process.argv[2] })
await client.connect()
const file = join(tmpdir(), `tenfold-bench-${process.pid}.copy`)
await pipeline(
  client.query(
    copyTo(
      'copy (select f.*, o.output from finding f left join finding_output o using (asset_id, plugin_id, port, protocol, instance)) to stdout',
    ),
  ),
  createWriteStream(file),
)
await client.query(
  'create table bench_copy as select f.*, o.output from finding f left join finding_output o using (asset_id, plugin_id, port, protocol, instance) limit 0',
)
const from = performance.now()
await pipeline(createReadStream(file, { highWaterMark: 1 << 18 }), client.query(copyFrom('copy bench_copy from stdin')))
const seconds = (performance.now() - from) / 1000
const { rows } = await client.query('select count(*)::int as rows from bench_copy')
await client.query('drop table bench_copy')
await client.end()
await rm(file)
console.log(JSON.stringify({ rows: rows[0].rows, seconds }))
