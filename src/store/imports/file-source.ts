import { ConfigError, NotFoundError } from '../../platform/errors.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Connection, Database, Queryable } from '../database.ts'
import { lockNames } from '../source-writes.ts'

// Sources of files: a name under which one picture of an estate is kept. No key, no address, nothing to synchronise.

export interface FileSource {
  readonly id: number
  readonly name: string
  readonly tenantId: number
}

export const usualFileSource = 'Files'

/**
 * The source that files go to.
 * @param wanted its id or its name; when left out the only one there is, which is made when there is none
 * @throws NotFoundError `source_not_found`
 * @throws ConfigError `several_sources`, `not_a_file_source`
 */
export async function fileSourceFor(
  database: Database,
  wanted: number | string | undefined,
  tenantId: number | undefined,
  actor: Actor,
): Promise<FileSource> {
  return database.transaction(async connection => {
    await lockNames(connection)
    const sources = await listFileSources(connection)
    if (wanted === undefined) {
      const own = tenantId === undefined ? sources : sources.filter(source => source.tenantId === tenantId)
      if (own.length > 1) {
        const names = own.map(source => `${source.id} ${source.name}`).join(', ')
        throw new ConfigError('several_sources', `There are several sources of files: ${names}. Say which one.`, {
          context: { field: 'source' },
        })
      }
      return own[0] ?? create(connection, usualFileSource, tenantId, actor)
    }
    const known = sources.find(source => source.id === wanted || source.name === String(wanted))
    if (known) return known
    await refuseOtherKinds(connection, wanted)
    if (typeof wanted === 'number') {
      throw new NotFoundError('source_not_found', `There is no source ${wanted}. The list of sources shows the ids.`)
    }
    return create(connection, wanted, tenantId, actor)
  })
}

export async function listFileSources(queryable: Queryable): Promise<readonly FileSource[]> {
  const { rows } = await queryable.query<{ source_id: number; name: string; tenant_id: number }>(
    "select source_id, name, tenant_id from source where kind = 'files' and removed_at is null order by source_id",
  )
  return rows.map(row => ({ id: row.source_id, name: row.name, tenantId: row.tenant_id }))
}

async function refuseOtherKinds(connection: Connection, wanted: number | string): Promise<void> {
  const { rows } = await connection.query<{ name: string; kind: string }>(
    'select name, kind from source where removed_at is null and (source_id::text = $1 or name = $1)',
    [String(wanted)],
  )
  const other = rows[0]
  if (!other) return
  throw new ConfigError(
    'not_a_file_source',
    `Source ${other.name} is read by synchronising (${other.kind}); what files say is kept in a source of its own. Name another, or none.`,
    { context: { field: 'source' } },
  )
}

async function create(
  connection: Connection,
  name: string,
  tenantId: number | undefined,
  actor: Actor,
): Promise<FileSource> {
  const free = await freeName(connection, name)
  const { rows } = await connection.query<{ source_id: number; tenant_id: number }>(
    `insert into source (tenant_id, name, kind, base_url, managed_by)
     select coalesce($2, min(tenant_id)), $1, 'files', 'file:', 'people' from tenant
     returning source_id, tenant_id`,
    [free, tenantId ?? null],
  )
  const row = rows[0]!
  await recordAudit(connection, {
    actor,
    action: 'source.created',
    subject: `source:${row.source_id}`,
    detail: { name: free, kind: 'files' },
  })
  return { id: row.source_id, name: free, tenantId: row.tenant_id }
}

async function freeName(connection: Connection, name: string): Promise<string> {
  const { rows } = await connection.query<{ name: string }>('select name from source where name like $1', [
    `${name.replace(/[\\%_]/g, '\\$&')}%`,
  ])
  const taken = new Set(rows.map(row => row.name))
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name} ${number}`
    if (!taken.has(candidate)) return candidate
  }
}
