import type { JsonObject } from '../domain/json.ts'
import type { Database, Queryable } from './database.ts'
import type { PartCounts } from './merge/counts.ts'

// Parts are taken from the ledger by whoever is free: the holder's own threads by name, other processes as they come. A
// claim is the owner with the number of the attempt; a commit that no longer holds it is refused.

/** What another process needs to read the parts of an export: the context of its merges, without the part. */
export interface PartOffer {
  readonly priority: number
  readonly part: JsonObject
  readonly context: JsonObject & { readonly fence: number }
}

/** Opens the parts of an export to every process. */
export async function offerExport(database: Queryable, exportJobId: number, offer: PartOffer): Promise<void> {
  await database.query('update export_job set offer = $2 where export_job_id = $1', [
    exportJobId,
    JSON.stringify(offer),
  ])
}

/**
 * Takes one part by name, for the holder of its run; answers the number of the attempt, or undefined when somebody else has
 * the part or the run.
 */
export async function claimPart(
  database: Queryable,
  part: { readonly exportJobId: number; readonly partId: string; readonly fence: number },
  owner: string,
): Promise<number | undefined> {
  const { rows } = await database.query<{ attempts: number }>(
    `update export_chunk c
     set status = 'reading', attempts = attempts + 1, owner = $3, failure = null, started_at = clock_timestamp()
     from export_job j
     join run r using (run_id)
     where c.export_job_id = $1 and c.part_id = $2 and c.status = 'available'
       and j.export_job_id = c.export_job_id and r.fence = $4 and r.status = 'running'
     returning attempts`,
    [part.exportJobId, part.partId, owner, part.fence],
  )
  return rows[0]?.attempts
}

export interface ClaimedPart {
  readonly run_id: number
  readonly source_id: number
  readonly fence: number
  readonly export_job_id: number
  readonly part_id: string
  readonly attempts: number
  readonly detail: JsonObject
  readonly offer: PartOffer
}

/**
 * Takes the part that is most in need of a reader, of a run that another process holds: of the run with the fewest parts
 * in hand, by the order of its streams.
 * @param except runs that this process holds, and sources whose keys it cannot open
 */
export async function claimAnyPart(
  database: Queryable,
  owner: string,
  except: { readonly runIds: readonly number[]; readonly sourceIds: readonly number[] },
): Promise<ClaimedPart | undefined> {
  const { rows } = await database.query<ClaimedPart & Record<string, unknown>>(
    `with in_hand as (
       select j.run_id, count(*) as parts
       from export_job j
       join export_chunk c on c.export_job_id = j.export_job_id and c.status = 'reading'
       where j.status = 'open'
       group by j.run_id
     ), choice as (
       select j.export_job_id, c.part_id, r.run_id, r.source_id, r.fence, j.offer
       from run r
       join export_job j on j.run_id = r.run_id and j.status = 'open' and j.offer is not null
       left join in_hand h on h.run_id = r.run_id
       -- one of each export, by its index: there may be thousands
       cross join lateral (
         select part_id
         from export_chunk
         where export_job_id = j.export_job_id and status = 'available' and available_at <= clock_timestamp()
         order by available_at
         limit 1
         for update skip locked
       ) c
       where r.status = 'running' and r.cancel_requested_at is null
         and (j.offer -> 'context' ->> 'fence')::bigint = r.fence
         and r.run_id <> all ($2::bigint[]) and r.source_id <> all ($3::integer[])
       order by coalesce(h.parts, 0), (j.offer ->> 'priority')::integer, j.export_job_id
       limit 1
     )
     update export_chunk c
     set status = 'reading', attempts = c.attempts + 1, owner = $1, failure = null, started_at = clock_timestamp()
     from choice
     where c.export_job_id = choice.export_job_id and c.part_id = choice.part_id
     returning choice.run_id, choice.source_id, choice.fence, choice.offer, c.export_job_id, c.part_id, c.attempts, c.detail`,
    [owner, except.runIds, except.sourceIds],
  )
  return rows[0]
}

/** A claim as its holder names it. */
export interface Claim {
  readonly exportJobId: number
  readonly partId: string
  readonly owner: string
  readonly attempt: number
}

const isClaimed = `export_job_id = $1 and part_id = $2 and owner = $3 and attempts = $4 and status = 'reading'`

/** Gives a part back unread; nobody is to blame. */
export async function releaseClaim(database: Queryable, claim: Claim): Promise<void> {
  await database.query(
    `update export_chunk set status = 'available', owner = null, started_at = null where ${isClaimed}`,
    valuesOf(claim),
  )
}

/** Writes down how a reading failed; the holder of the run decides what follows. */
export async function failClaim(database: Queryable, claim: Claim, failure: JsonObject): Promise<void> {
  await database.query(
    `update export_chunk
     set status = 'failed', owner = null, failure = $5, error_code = $5::jsonb ->> 'code',
         error_message = $5::jsonb ->> 'message', finished_at = clock_timestamp()
     where ${isClaimed}`,
    [...valuesOf(claim), JSON.stringify(failure)],
  )
}

function valuesOf({ exportJobId, partId, owner, attempt }: Claim) {
  return [exportJobId, partId, owner, attempt] as const
}

export interface PartState extends PartCounts {
  readonly export_job_id: number
  readonly part_id: string
  readonly status: 'available' | 'reading' | 'done' | 'failed' | 'cancelled'
  readonly owner: string | null
  readonly attempts: number
  readonly failure: JsonObject | null
}

/** How parts stand that are in other hands. */
export async function partStates(
  database: Queryable,
  parts: readonly { readonly exportJobId: number; readonly partId: string }[],
): Promise<readonly PartState[]> {
  const { rows } = await database.query<PartState & Record<string, unknown>>(
    `select c.export_job_id, c.part_id, c.status, c.owner, c.attempts, c.failure, c.bytes, c.received, c.inserted,
            c.changed, c.unchanged, c.rejected
     from unnest($1::bigint[], $2::text[]) as p (export_job_id, part_id)
     join export_chunk c using (export_job_id, part_id)`,
    [parts.map(part => part.exportJobId), parts.map(part => part.partId)],
  )
  return rows
}

/** Takes the parts of an export back from whoever reads them: what they commit now is refused. */
export async function revokeClaims(database: Queryable, exportJobId: number): Promise<void> {
  await database.query(
    `update export_chunk set status = 'available', owner = null
     where export_job_id = $1 and status = 'reading'`,
    [exportJobId],
  )
}

/** Who reads parts of open exports now, and how long ago each gave a sign of life; null when it is not known at all. */
export async function partOwners(
  database: Queryable,
): Promise<readonly { readonly owner: string; readonly heartbeat_age_ms: number | null }[]> {
  const { rows } = await database.query<{ owner: string; heartbeat_age_ms: number | null }>(
    `select c.owner, (extract(epoch from clock_timestamp() - max(w.heartbeat_at)) * 1000)::float8 as heartbeat_age_ms
     from export_job j
     join export_chunk c on c.export_job_id = j.export_job_id and c.status = 'reading'
     left join worker w on w.owner = c.owner
     where j.status = 'open' and c.owner is not null
     group by c.owner`,
  )
  return rows
}

/** Opens the parts of processes that are gone to the others; answers how many. */
export async function reclaimParts(database: Database, owners: readonly string[]): Promise<number> {
  const { rowCount } = await database.query(
    `update export_chunk set status = 'available', owner = null
     where status = 'reading' and owner = any ($1::text[])`,
    [owners],
  )
  return rowCount ?? 0
}

/**
 * Gives back what this process has taken of others' runs and does not know of: the answer to a claim, or the word that it
 * was over, was lost with a connection.
 */
export async function releaseForgotten(
  database: Database,
  owner: string,
  known: readonly { readonly exportJobId: number; readonly partId: string }[],
): Promise<void> {
  await database.query(
    `update export_chunk c set status = 'available', owner = null
     from export_job j
     join run r using (run_id)
     where j.export_job_id = c.export_job_id and j.status = 'open' and r.owner is distinct from $1
       and c.status = 'reading' and c.owner = $1 and c.started_at < clock_timestamp() - interval '10 seconds'
       and not exists (select from unnest($2::bigint[], $3::text[]) as k (export_job_id, part_id)
                       where k.export_job_id = c.export_job_id and k.part_id = c.part_id)`,
    [owner, known.map(part => part.exportJobId), known.map(part => part.partId)],
  )
}
