import type { StreamName } from '../domain/batch.ts'
import { recordAudit } from './audit.ts'
import type { Queryable } from './database.ts'
import { queueRun } from './ledger.ts'
import { writeOutbox } from './outbox.ts'

// Why nothing of a source starts by itself: its circuit is open, it needs a new key, or somebody paused it.

export type Circuit = 'closed' | 'open' | 'half_open'

export interface SourceHealth {
  readonly failures: number
  readonly circuit: Circuit
  readonly opened_at: string | null
  /** When a scheduled run may try again. */
  readonly probe_at: string | null
  readonly needs_key_at: string | null
  readonly paused_at: string | null
  readonly error_code: string | null
  readonly error_message: string | null
}

const healthColumns = `coalesce(h.failures, 0) as failures, coalesce(h.circuit, 'closed') as circuit, h.opened_at,
  h.probe_at, h.needs_key_at, h.paused_at, h.error_code, h.error_message`

export async function loadHealth(queryable: Queryable, sourceId: number): Promise<SourceHealth> {
  const { rows } = await queryable.query<SourceHealth & Record<string, unknown>>(
    `select ${healthColumns} from source s left join source_health h using (source_id) where s.source_id = $1`,
    [sourceId],
  )
  return rows[0] ?? { ...healthy }
}

export const healthy: SourceHealth = {
  failures: 0,
  circuit: 'closed',
  opened_at: null,
  probe_at: null,
  needs_key_at: null,
  paused_at: null,
  error_code: null,
  error_message: null,
}

/** A condition over `source s`: a schedule may start a run of it at the instant of a parameter. */
export function mayStart(now: string): string {
  return `not exists (select from source_health h
              where h.source_id = s.source_id
                and (h.paused_at is not null or h.needs_key_at is not null
                     or h.circuit = 'open' and h.probe_at > ${now}::timestamptz))`
}

/** How a run went, as far as it says something of the source. */
export type RunVerdict = 'answered' | 'unreachable' | 'key_refused' | 'no_verdict'

export interface EndedRun {
  readonly runId: number
  readonly sourceId: number
  readonly verdict: RunVerdict
  readonly error: { readonly code: string; readonly message: string } | null
}

/** So many runs in a row that the source refused, or that could not reach it, open its circuit. */
export const failuresToOpen = 3
const firstProbeMs = 15 * 60_000
const lastProbeMs = 6 * 3_600_000

/** Each probe that fails doubles the wait for the next. */
export function probeDelayMs(failures: number): number {
  return Math.min(lastProbeMs, firstProbeMs * 2 ** Math.max(0, failures - failuresToOpen))
}

/** Draws the conclusion of a run for its source, in the transaction that ends the run. */
export async function noteRunEnd(connection: Queryable, run: EndedRun, now: Date): Promise<void> {
  const before = await lockHealth(connection, run.sourceId)
  switch (run.verdict) {
    case 'answered':
      return noteAnswer(connection, run, before)
    case 'unreachable':
      return noteFailure(connection, run, before, now)
    case 'key_refused':
      return noteRefusedKey(connection, run, before, now)
    case 'no_verdict':
      // A probe that was stopped has not told anything: the next one is due at once.
      await connection.query(
        `update source_health set circuit = 'open', probe_at = $2, updated_at = now()
         where source_id = $1 and circuit = 'half_open'`,
        [run.sourceId, now.toISOString()],
      )
  }
}

async function lockHealth(connection: Queryable, sourceId: number): Promise<SourceHealth> {
  await connection.query('insert into source_health (source_id) values ($1) on conflict do nothing', [sourceId])
  const { rows } = await connection.query<SourceHealth & Record<string, unknown>>(
    'select * from source_health where source_id = $1 for update',
    [sourceId],
  )
  return rows[0] ?? healthy
}

async function noteAnswer(connection: Queryable, { sourceId, runId }: EndedRun, before: SourceHealth): Promise<void> {
  await connection.query(
    `update source_health
     set failures = 0, circuit = 'closed', opened_at = null, probe_at = null, needs_key_at = null, error_code = null,
         error_message = null, updated_at = now()
     where source_id = $1`,
    [sourceId],
  )
  if (before.circuit === 'closed') return
  await writeOutbox(connection, 'source.circuit_closed', { sourceId, runId, subject: { opened_at: before.opened_at } })
}

async function noteFailure(
  connection: Queryable,
  { sourceId, runId, error }: EndedRun,
  before: SourceHealth,
  now: Date,
): Promise<void> {
  const failures = before.failures + 1
  const isOpen = failures >= failuresToOpen
  const probeAt = isOpen ? new Date(now.getTime() + probeDelayMs(failures)).toISOString() : null
  await connection.query(
    `update source_health
     set failures = $2, circuit = $3, opened_at = case when $3 = 'open' then coalesce(opened_at, $4) end, probe_at = $5,
         error_code = $6, error_message = $7, updated_at = now()
     where source_id = $1`,
    [
      sourceId,
      failures,
      isOpen ? 'open' : 'closed',
      now.toISOString(),
      probeAt,
      error?.code ?? null,
      error?.message ?? null,
    ],
  )
  if (!isOpen || before.circuit !== 'closed') return
  const subject = { failures, probe_at: probeAt, code: error?.code ?? null, message: error?.message ?? null }
  await writeOutbox(connection, 'source.circuit_opened', { sourceId, runId, subject })
}

async function noteRefusedKey(
  connection: Queryable,
  { sourceId, runId, error }: EndedRun,
  before: SourceHealth,
  now: Date,
): Promise<void> {
  await connection.query(
    `update source_health
     set needs_key_at = coalesce(needs_key_at, $2), error_code = $3, error_message = $4, failures = 0, circuit = 'closed',
         opened_at = null, probe_at = null, updated_at = now()
     where source_id = $1`,
    [sourceId, now.toISOString(), error?.code ?? null, error?.message ?? null],
  )
  if (before.needs_key_at !== null) return
  const subject = { code: error?.code ?? null, message: error?.message ?? null }
  await writeOutbox(connection, 'source.needs_key', { sourceId, runId, subject })
}

/** A scheduled run tries whether the source answers again. */
export async function noteProbe(connection: Queryable, sourceId: number): Promise<void> {
  await connection.query(
    `update source_health set circuit = 'half_open', updated_at = now() where source_id = $1 and circuit = 'open'`,
    [sourceId],
  )
}

/**
 * A new key was saved, or the old one is accepted again: runs start by themselves again. A run that ended for want of a key
 * is made up for at once.
 */
export async function noteAcceptedKey(connection: Queryable, sourceId: number): Promise<void> {
  const { rowCount } = await connection.query(
    `update source_health
     set needs_key_at = null, failures = 0, circuit = 'closed', opened_at = null, probe_at = null, error_code = null,
         error_message = null, updated_at = now()
     where source_id = $1 and needs_key_at is not null`,
    [sourceId],
  )
  if (rowCount !== 1) return
  const { rows } = await connection.query<{ kind: 'full' | 'delta'; trigger: string; streams: readonly StreamName[] }>(
    `select kind, trigger, streams
     from run
     where source_id = $1 and kind in ('full', 'delta') and status = 'failed' and error_code = 'bad_credentials'
       and exists (select from source s left join source_health h using (source_id)
                   where s.source_id = $1 and s.is_enabled and h.paused_at is null)
     order by run_id desc
     limit 1`,
    [sourceId],
  )
  const [ended] = rows
  if (!ended) return
  const { runId, created } = await queueRun(connection, { sourceId, ...ended })
  if (!created) return
  const actor = { kind: 'system', name: 'new key' } as const
  await recordAudit(connection, {
    actor,
    action: 'run.requested',
    subject: `run:${runId}`,
    detail: { kind: ended.kind },
  })
}

/** Answers whether that changed anything. */
export async function setSourcePaused(connection: Queryable, sourceId: number, isPaused: boolean): Promise<boolean> {
  const before = await lockHealth(connection, sourceId)
  if ((before.paused_at !== null) === isPaused) return false
  await connection.query(
    `update source_health set paused_at = case when $2 then now() end, updated_at = now() where source_id = $1`,
    [sourceId, isPaused],
  )
  return true
}
