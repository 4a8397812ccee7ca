// Which sources may somebody see, and which may they act on?

import { NotFoundError, TenfoldError } from '../../platform/errors.ts'
import { reachesWholeSource, type ScopedDatabase } from '../access.ts'
import { sql } from '../database.ts'
import { type Source, type SourceRow, sourceColumns, toSource } from '../source-row.ts'
import { allOf } from './conditions.ts'
import { ofVisibleSources } from './scope.ts'

/** Those that are not removed, in the order they were made. */
export async function listVisibleSources(database: ScopedDatabase): Promise<readonly Source[]> {
  const { rows } = await sql<SourceRow>`
select ${sql.raw(sourceColumns)}
from source
where removed_at is null and ${allOf(ofVisibleSources(database.access, 'source_id'))}
order by source_id`.execute(database.kysely)
  return rows.map(toSource)
}

/** @throws NotFoundError `source_not_found` also for one that may not be seen */
export async function getVisibleSource(database: ScopedDatabase, sourceId: number): Promise<Source> {
  const { rows } = await sql<SourceRow>`
select ${sql.raw(sourceColumns)}
from source
where source_id = ${sourceId} and removed_at is null and ${allOf(ofVisibleSources(database.access, 'source_id'))}`.execute(
    database.kysely,
  )
  if (rows[0]) return toSource(rows[0])
  throw new NotFoundError('source_not_found', `There is no source ${sourceId}. The list of sources shows the ids.`, {
    context: { sourceId },
  })
}

/**
 * A source that somebody wants to act on, with the role for that.
 * @throws NotFoundError `source_not_found`
 * @throws TenfoldError `access_narrowed` when only some of its assets are theirs
 */
export async function getSourceToActOn(database: ScopedDatabase, sourceId: number): Promise<Source> {
  const source = await getVisibleSource(database, sourceId)
  if (reachesWholeSource(database.access, sourceId)) return source
  throw accessNarrowed(`Source ${source.name} has assets that are not yours, and this would touch them too.`)
}

/**
 * For what belongs to no tenant and touches all: rules of groups, what is kept and for how long, numbers of the server.
 * @throws TenfoldError `access_narrowed`
 */
export function refuseNarrowed({ access }: ScopedDatabase): void {
  if (!access.isWhole)
    throw accessNarrowed('This is about everything that is mirrored, and your role reaches a part of it.')
}

export function accessNarrowed(why: string): TenfoldError {
  return new TenfoldError(
    'access_narrowed',
    `${why} Ask somebody whose role is not narrowed to sources or tags, or an administrator for a wider one.`,
  )
}
