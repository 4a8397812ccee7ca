import type { Role } from '../domain/role.ts'
import { includesRole } from '../domain/role.ts'
import type { Database } from './database.ts'

// Which rows somebody may see. It travels with the database: a query that reads for people takes a ScopedDatabase, and
// nothing else can be given to it by the API.

/** A role granted to somebody, with the sources that it reaches now. */
export interface ReachingGrant {
  readonly role: Role
  /** Null: every tenant, also those to come. */
  readonly tenantId: number | null
  /** Neither sources nor tags narrow it. */
  readonly isUnnarrowed: boolean
  /** Removed sources too: what was mirrored of them is still there. */
  readonly sourceIds: readonly number[]
  /** Every source that there is. */
  readonly isEverySource: boolean
  /** `Key` or `Key:Value`; an asset needs one of them. Null: whatever its tags. */
  readonly tags: readonly string[] | null
}

export interface Access {
  /** Everything there is: queries add no condition. */
  readonly isWhole: boolean
  /** Sources of which everything may be seen. */
  readonly wholeSources: readonly number[]
  /** Sources of which assets with one of the tags may be seen. */
  readonly taggedSources: readonly { readonly sourceIds: readonly number[]; readonly tags: readonly string[] }[]
  /** All of those. */
  readonly sources: readonly number[]
}

/** Of who works on the machine itself, and of the program. */
export const wholeAccess: Access = { isWhole: true, wholeSources: [], taggedSources: [], sources: [] }

/** What may be seen by grants of at least a role: an administrator of one place who reads in another administers there nothing. */
export function accessOf(grants: readonly ReachingGrant[], needed: Role): Access {
  const usable = grants.filter(grant => includesRole(grant.role, needed))
  if (usable.some(grant => grant.tags === null && grant.isEverySource)) return wholeAccess
  const wholeSources = unique(usable.filter(grant => grant.tags === null).flatMap(grant => grant.sourceIds))
  const taggedSources = usable.flatMap(({ sourceIds, tags }) => {
    // What is seen whole needs no second look at its tags.
    const left = sourceIds.filter(id => !wholeSources.includes(id))
    return tags === null || left.length === 0 ? [] : [{ sourceIds: left, tags }]
  })
  const sources = unique([...wholeSources, ...taggedSources.flatMap(one => one.sourceIds)])
  return { isWhole: false, wholeSources, taggedSources, sources }
}

/** Whether any of a source may be seen. */
export function reachesSource(access: Access, sourceId: number): boolean {
  return access.isWhole || access.sources.includes(sourceId)
}

/** Whether all of a source may be seen, so that acting on it touches nothing else. */
export function reachesWholeSource(access: Access, sourceId: number): boolean {
  return access.isWhole || access.wholeSources.includes(sourceId)
}

/** The sources that a filter may mean; undefined for all there are. */
export function sourcesWithin(access: Access, wanted?: readonly number[]): readonly number[] | undefined {
  if (access.isWhole) return wanted
  return wanted === undefined ? access.sources : wanted.filter(id => access.sources.includes(id))
}

/**
 * The database as somebody may see it. Deliberately no `Database` and no `Queryable`: what takes one of those asks for
 * everything, and must be given it on purpose.
 */
export interface ScopedDatabase extends Pick<Database, 'kysely' | 'pool'> {
  readonly access: Access
}

export function scopedTo({ kysely, pool }: Pick<Database, 'kysely' | 'pool'>, access: Access): ScopedDatabase {
  return { kysely, pool, access }
}

/** For who works on the machine itself. */
export function unrestricted(database: Pick<Database, 'kysely' | 'pool'>): ScopedDatabase {
  return scopedTo(database, wholeAccess)
}

function unique(ids: readonly number[]): readonly number[] {
  return [...new Set(ids)].sort((a, b) => a - b)
}
