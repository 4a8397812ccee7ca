import type { Database } from '../../src/store/database.ts'

// A small estate in plain SQL, with something of every kind that the pages show. Ages are from now, so that what is
// fresh stays fresh.

/** Text that would run if a page took it for markup, or turn a line round if it took it at its word. */
export const hostile = {
  host: 'web<img src=x onerror="window.wasRun=1">\u202Egpj.exe',
  output: '<img src=x onerror="window.wasRun=2"><script>window.wasRun=3</script>\n<b>not bold</b> \u001b[31mred',
  plugin: '<svg onload="window.wasRun=4">Overflow in <i>Example</i>',
  reference: 'javascript:window.wasRun=5',
} as const

export interface EstateOptions {
  /** How long ago the last complete run read. */
  readonly asOfMinutesAgo?: number
  readonly lastRun?: 'completed' | 'partial' | 'failed' | 'running'
}

const severities = ['critical', 'high', 'medium', 'low', 'info'] as const

export async function addEstate(database: Database, options: EstateOptions = {}): Promise<void> {
  const { asOfMinutesAgo = 3, lastRun = 'completed' } = options
  await database.query(`
insert into source (tenant_id, name, kind, base_url, credentials, credentials_key_id, access_key_hint, fingerprint, container_name, last_role)
select tenant_id, 'Head office', 'tenable-vm', 'https://cloud.tenable.com', '\\x00', 'none', 'c0de', 'f-1', 'Example',
       'Administrator'
from tenant`)
  await addRun(database, { status: 'completed', minutesAgo: asOfMinutesAgo })
  if (lastRun !== 'completed') await addRun(database, { status: lastRun, minutesAgo: Math.min(1, asOfMinutesAgo) })
  await addPlugins(database)
  await addAssets(database)
  await addFindings(database)
  await countAssets(database)
  await addSetAside(database)
}

interface SeededRun {
  readonly status: 'completed' | 'partial' | 'failed' | 'running'
  readonly minutesAgo: number
}

const streamStatus = { completed: 'completed', partial: 'incomplete', failed: 'failed', running: 'reading' } as const

async function addRun(database: Database, { status, minutesAgo }: SeededRun): Promise<void> {
  const isOver = status !== 'running'
  const error = status === 'partial' || status === 'failed'
  await database.query(
    `
insert into run (source_id, kind, trigger, streams, status, owner, heartbeat_at, created_at, started_at, finished_at, error_code, error_message, notes)
select source_id, 'full', 'schedule', array['plugins', 'assets', 'findings'], $1, 'elsewhere', now(),
       now() - make_interval(mins => $2 + 4), now() - make_interval(mins => $2 + 4),
       case when $3::boolean then now() - make_interval(mins => $2) end,
       case when $4::boolean then 'forbidden' end,
       case when $4::boolean then 'The key may not export findings. Give its user the Can View permission, then run again.' end,
       array['The source clamped the window to 90 days.']
from source`,
    [status, minutesAgo, isOver, error],
  )
  await database.query(
    `
insert into run_stream (run_id, stream, status, watermark_at, parts_total, started_at, finished_at, error_code, error_message)
select r.run_id, s.stream, case when s.stream = 'findings' then $1 else 'completed' end,
       case when s.stream <> 'findings' or $1 = 'completed' then now() - make_interval(mins => $2) end, 60,
       r.started_at, r.finished_at, null, null
from (select * from run order by run_id desc limit 1) as r, unnest(r.streams) as s (stream)`,
    [streamStatus[status], minutesAgo],
  )
  await database.query(`
insert into export_job (run_id, stream, export_id, asked, echoed, read_at, status)
select run_id, 'findings', 'export-' || run_id, '{}', '{}', started_at, 'complete'
from run
order by run_id desc
limit 1`)
  await database.query(`
insert into export_chunk (export_job_id, part_id, detail, status, attempts, bytes, received, inserted, rejected)
select j.export_job_id, chunk::text, '{}', 'done', 1, 4000000, 500, 400, 0
from (select * from export_job order by export_job_id desc limit 1) as j, generate_series(1, 41) as chunk`)
}

async function addPlugins(database: Database): Promise<void> {
  const names = [
    'OpenSSL 3.0.x < 3.0.7 buffer overflow',
    'Apache Log4j remote code execution',
    'TLS certificate expires soon',
    'SMB signing not required',
    'Nessus scan information',
    hostile.plugin,
  ]
  for (const [index, name] of names.entries()) {
    await database.query(
      `
insert into plugin (plugin_id, name, family, synopsis, description, solution, risk_factor, cves, see_also, vpr_score,
                    cvss3_base_score, cvss3_vector, epss_score, is_kev, exploit_available, published_at, source_rank, read_at,
                    incoming_hash, run_id)
values ($1, $2, 'General', 'The remote host is affected.', 'A description.' || chr(10) || 'In two lines.', 'Update it.',
        'high', $3, $4, $5, 8.8, 'CVSS:3.0/AV:N', 0.42, $6, true, now() - interval '200 days', 1, now(), 0, 1)`,
      [
        100_000 + index,
        name,
        index === 1 ? ['CVE-2021-44228'] : [],
        index === 5 ? [hostile.reference, 'https://example.com/advisory'] : ['https://example.com/advisory'],
        9.5 - index,
        index === 1,
      ],
    )
  }
  await database.query(`
insert into plugin_score (plugin_id, owner_source_id, epss_score, epss_origin, is_kev, kev_origin)
select plugin_id, owner_source_id, epss_score, case when epss_score is not null then 'vendor' end, is_kev,
       case when is_kev then 'vendor' end
from plugin`)
}

/** 60 live and counted, 4 unlicensed, 3 untracked, 2 deleted, 1 terminated. */
async function addAssets(database: Database): Promise<void> {
  await database.query(
    `
with numbered as (
  select i, case when i = 69 or i = 68 then 'deleted' when i = 70 then 'terminated' else 'live' end as status,
         case when i = 1 then $1 else 'srv-' || lpad(i::text, 3, '0') || '.example.com' end as name
  from generate_series(1, 70) as i
),
alias as (
  insert into asset_alias (source_id, native_id, asset_id)
  select s.source_id, 'native-' || n.i, n.i
  from numbered n, source s
)
insert into asset (asset_id, source_id, native_id, name, status, is_licensed, is_tracked, has_agent, types, fqdns, hostnames,
                   ipv4s, operating_systems, aws_ec2_instance_id, acr_score, exposure_score, first_seen, last_seen,
                   last_scan_at, created_at, updated_at, deleted_at, terminated_at, read_at, run_id)
select n.i, s.source_id, 'native-' || n.i, n.name, n.status, n.i not between 61 and 64, n.i not between 65 and 67,
       n.i % 2 = 0, array['host'], array[n.name], array['srv-' || n.i], array['10.0.0.' || n.i],
       array[case when n.i % 3 = 0 then 'Microsoft Windows Server 2022' else 'Debian GNU/Linux 12' end],
       case when n.i % 10 = 0 then 'i-' || n.i end, n.i % 10 + 1, n.i * 10, now() - interval '300 days',
       now() - make_interval(hours => n.i), now() - make_interval(hours => n.i), now() - interval '300 days', now(),
       case when n.status = 'deleted' then now() end, case when n.status = 'terminated' then now() end, now(), 1
from numbered n, source s`,
    [hostile.host],
  )
  await database.query(
    `insert into asset_tag (asset_id, tag_key, tag_value) select asset_id, 'Env', 'Prod' from asset where asset_id % 4 = 0`,
  )
}

/** On asset i: i findings at different ports, of every severity and state. */
async function addFindings(database: Database): Promise<void> {
  await database.query(
    `
insert into finding (asset_id, source_id, plugin_id, port, protocol, state, severity, default_severity, severity_modification,
                     first_found, last_found, last_fixed, resurfaced_date, ended_at, end_cause, sensor, native_id, read_at,
                     row_hash, run_id)
select a.asset_id, a.source_id, 100000 + (n + a.asset_id) % 6, n, 'tcp',
       case when n % 7 = 0 then 'fixed' when n % 11 = 0 then 'reopened' else 'open' end,
       ($1::text[])[1 + (n + a.asset_id) % 5], ($1::text[])[1 + (n + a.asset_id) % 5], 'none',
       now() - make_interval(days => (n % 90)::integer), now() - make_interval(hours => (n % 30)::integer + 1),
       case when n % 7 = 0 then now() - make_interval(days => (n % 20)::integer) end,
       case when n % 11 = 0 and n % 7 <> 0 then now() - interval '2 days' end,
       case when n = 13 then now() end, case when n = 13 then 'withdrawn' end,
       'NESSUS', 'finding-' || a.asset_id || '-' || n, now(), 0, 1
from asset a, generate_series(1, a.asset_id) as n`,
    [severities],
  )
  await database.query(
    `
insert into finding_output (asset_id, plugin_id, port, protocol, output)
select asset_id, plugin_id, port, protocol, case when asset_id = 1 then $1 else 'Installed version : 1.' || port end
from finding`,
    [hostile.output],
  )
  await database.query(`
insert into finding_event (asset_id, recorded_at, happened_at, run_id, plugin_id, port, source_id, is_reconstructed, protocol,
                           kind, state, severity, severity_modification, cause)
select asset_id, now(), first_found, 1, plugin_id, port, source_id, true, protocol, 'opened', 'open', severity, 'none', 'source'
from finding`)
}

async function countAssets(database: Database): Promise<void> {
  const cells = ['open', 'reopened', 'fixed'].flatMap(state =>
    ['info', 'low', 'medium', 'high', 'critical'].map(severity => ({
      state,
      severity,
      column: `${state}_${severity}`,
    })),
  )
  await database.query(`
insert into asset_total (asset_id, source_id, ${cells.map(cell => cell.column).join(', ')}, ended)
select asset_id, min(source_id),
       ${cells.map(cell => `count(*) filter (where state = '${cell.state}' and severity = '${cell.severity}' and ended_at is null)`).join(', ')},
       count(*) filter (where ended_at is not null)
from finding
group by asset_id`)
}

async function addSetAside(database: Database): Promise<void> {
  await database.query(
    `
insert into rejected_record (run_id, source_id, stream, export_id, part_id, reason, raw)
select max(run_id), min(source_id), 'findings', 'export-1', '7', 'plugin.id is missing', $1
from run`,
    [`{"plugin": {"name": "${hostile.plugin.replaceAll('"', '\\"')}"}}`],
  )
  await database.query(`
insert into quality_issue (run_id, source_id, stream, field, problem, record)
select max(run_id), min(source_id), 'findings', 'last_found', 'is before first_found', 'native-3 plugin 100002'
from run`)
}
