import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject } from '../domain/json.ts'
import type { Database, Queryable } from './database.ts'
import { locks } from './locks.ts'

export interface Actor {
  readonly kind: 'cli' | 'schedule' | 'local' | 'user' | 'system'
  readonly name: string
  /** Of a person with an account; the name may change, this does not. */
  readonly userId?: number
  /** The token that was shown instead of a session. */
  readonly tokenPrefix?: string
  /** The call, as the log and a problem have it. */
  readonly requestId?: string
}

export interface AuditEntry {
  readonly actor: Actor
  /** `source.created`, `run.requested` …: the noun, a dot, what happened to it. */
  readonly action: string
  /** What it happened to: `source:3`, `run:17`. */
  readonly subject: string
  /** Identifiers and the names of what changed. Never a secret. */
  readonly detail?: JsonObject
}

export interface AuditVerdict {
  readonly ok: boolean
  readonly checked: number
  readonly firstBroken: { readonly auditId: number; readonly reason: string } | null
}

const beginning = Buffer.alloc(32)

/**
 * Appends one event to the chain. Give the connection of the transaction that makes the event true, so that both commit
 * or neither; given a database it makes a transaction of its own.
 */
export async function recordAudit(queryable: Queryable | Database, entry: AuditEntry): Promise<void> {
  if ('transaction' in queryable) return queryable.transaction(connection => append(connection, entry))
  return append(queryable, entry)
}

/** Recomputes the whole chain. Sees changed, inserted and removed events, but for the removal of the newest ones. */
export async function verifyAudit(queryable: Queryable, batchSize = 1_000): Promise<AuditVerdict> {
  let previous: Buffer = beginning
  let after = 0
  let checked = 0
  for (;;) {
    const { rows } = await queryable.query<AuditRow>(
      `select audit_id, recorded_at, actor_kind, actor, action, subject, detail, previous_hash, hash
       from audit_event
       where audit_id > $1
       order by audit_id
       limit $2`,
      [after, batchSize],
    )
    for (const row of rows) {
      const reason = !previous.equals(row.previous_hash)
        ? 'it does not follow the event before it: one was removed, inserted or changed'
        : !hashOf(row, row.previous_hash).equals(row.hash)
          ? 'it was changed after it was written'
          : null
      if (reason) return { ok: false, checked, firstBroken: { auditId: row.audit_id, reason } }
      previous = row.hash
      after = row.audit_id
      checked += 1
    }
    if (rows.length < batchSize) return { ok: true, checked, firstBroken: null }
  }
}

interface HashedFields {
  readonly recorded_at: string
  readonly actor_kind: string
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly detail: JsonObject
}

interface AuditRow extends HashedFields {
  readonly audit_id: number
  readonly previous_hash: Buffer
  readonly hash: Buffer
}

async function append(connection: Queryable, entry: AuditEntry): Promise<void> {
  // A statement of its own: the next one must see what the holder before us committed.
  await connection.query('select pg_advisory_xact_lock($1)', [locks.audit])
  const { rows } = await connection.query<{ previous: Buffer | null; at: string }>(
    `select (select hash from audit_event order by audit_id desc limit 1) as previous, clock_timestamp() as at`,
  )
  const { previous, at } = rows[0]!
  const fields: HashedFields = {
    recorded_at: at,
    actor_kind: entry.actor.kind,
    actor: storable(entry.actor.name),
    action: storable(entry.action),
    subject: storable(entry.subject),
    detail: storableDetail({ ...entry.detail, ...callOf(entry.actor) }),
  }
  const previousHash = previous ?? beginning
  await connection.query(
    `insert into audit_event (recorded_at, actor_kind, actor, action, subject, detail, previous_hash, hash)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      fields.recorded_at,
      fields.actor_kind,
      fields.actor,
      fields.action,
      fields.subject,
      JSON.stringify(fields.detail),
      previousHash,
      hashOf(fields, previousHash),
    ],
  )
}

function hashOf(fields: HashedFields, previousHash: Buffer): Buffer {
  const { recorded_at, actor_kind, actor, action, subject, detail } = fields
  return createHash('sha256')
    .update(previousHash)
    .update(canonical({ recorded_at, actor_kind, actor, action, subject, detail }))
    .digest()
}

/** JSON with its keys in order, so that the same value always has the same text. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`
}

/** Who it was and in which call, beside what they did. */
function callOf({ userId, tokenPrefix, requestId }: Actor): JsonObject {
  if (userId === undefined && requestId === undefined) return {}
  return {
    by: {
      ...(userId === undefined ? {} : { user_id: userId }),
      ...(tokenPrefix === undefined ? {} : { token: tokenPrefix }),
      ...(requestId === undefined ? {} : { request_id: requestId }),
    },
  }
}

/** PostgreSQL's text has no NUL and no lone surrogates, in JSON neither. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

/** As a reader will get it back, so that what is hashed then is what is hashed now. */
function storableDetail(detail: JsonObject): JsonObject {
  const text = JSON.stringify(detail, (_key, value: unknown) => {
    if (typeof value === 'string') return storable(value)
    if (!isJsonObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [storable(key), member]))
  })
  return JSON.parse(text) as JsonObject
}
