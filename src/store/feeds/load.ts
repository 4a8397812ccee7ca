import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import type { FeedEntry, FeedHeader, FeedKind, FeedOutcome } from '../../domain/feed.ts'
import { ConfigError } from '../../platform/errors.ts'
import { type Actor, recordAudit } from '../audit.ts'
import { copyValue } from '../copy-text.ts'
import type { Connection, Database } from '../database.ts'
import { locks } from '../locks.ts'
import { changeDay, type DayChanges } from './days.ts'
import { scoreAllPlugins, scorePluginsOf } from './plugin-scores.ts'

export interface FeedToLoad {
  readonly header: FeedHeader
  readonly entries: AsyncIterable<readonly FeedEntry[]>
  readonly digest: () => { readonly sha256: string; readonly bytes: number }
  /** The address or the name of the file. */
  readonly origin: string
  /** Taken though it has far fewer CVEs than the one before. */
  readonly acceptShrunk?: boolean | undefined
}

export interface FeedLoad {
  readonly feed_load_id: number
  readonly kind: FeedKind
  /** unchanged: these very bytes had been loaded; nothing was written. */
  readonly outcome: FeedOutcome | 'unchanged'
  readonly version: string | null
  readonly score_on: string
  readonly entries: number
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly plugins_changed: number
}

/**
 * Takes a feed into the history of scores, and into the plugins when it is the newest: all of it or nothing.
 * @throws what reading the entries throws
 * @throws ConfigError `feed_from_the_future`, `feed_shrunk`
 */
export async function loadFeed(database: Database, feed: FeedToLoad, now: Date, actor: Actor): Promise<FeedLoad> {
  refuseFuture(feed.header, now)
  return database.transaction(async connection => {
    const entries = await stage(connection, feed)
    const { sha256, bytes } = feed.digest()
    await connection.query('select pg_advisory_xact_lock($1)', [locks.feeds])
    const known = await findLoad(connection, feed.header, sha256)
    if (known) return { ...known, outcome: 'unchanged' }
    const { header } = feed
    const place = await placeOf(connection, header)
    if (place.outcome === 'current' && !feed.acceptShrunk) await refuseShrunk(connection, header.kind, entries)
    const changes =
      place.outcome === 'superseded'
        ? noChanges
        : await changeDay(connection, header.kind, header.scoreOn, place.nextOn)
    const recorded = { entries, bytes, sha256, ...changes }
    const id = await record(connection, feed, place.outcome, recorded, actor)
    const plugins = place.outcome === 'current' ? await makeCurrent(connection, header, id, changes, place.isFirst) : 0
    await connection.query('update feed_load set plugins_changed = $2 where feed_load_id = $1', [id, plugins])
    const loaded: FeedLoad = {
      feed_load_id: id,
      kind: header.kind,
      outcome: place.outcome,
      version: header.version,
      score_on: header.scoreOn,
      entries,
      added: changes.added,
      changed: changes.changed,
      removed: changes.removed,
      plugins_changed: plugins,
    }
    const { feed_load_id: _id, kind, ...detail } = loaded
    await recordAudit(connection, {
      actor,
      action: 'feed.loaded',
      subject: `feed:${kind}`,
      detail: { ...detail, origin: feed.origin },
    })
    return loaded
  })
}

const noChanges: DayChanges = { added: 0, changed: 0, removed: 0, cves: [] }

/** A feed of a day to come would keep every one before it from being the newest. Clocks differ, zones too. */
function refuseFuture({ kind, scoreOn }: FeedHeader, now: Date): void {
  const latest = new Date(now.getTime() + 24 * 3_600_000).toISOString().slice(0, 10)
  if (scoreOn <= latest) return
  throw new ConfigError(
    'feed_from_the_future',
    `The ${kind.toUpperCase()} feed says that it is of ${scoreOn}, and today is ${now.toISOString().slice(0, 10)}. Check this machine's clock, or the feed.`,
  )
}

const columns = ['cve', 'epss', 'percentile', 'added_on', 'due_on', 'is_ransomware', 'detail'] as const

const createStaging = `
drop table if exists staged_feed;
create temporary table staged_feed (
  cve text collate "C" not null,
  epss double precision,
  percentile double precision,
  added_on date,
  due_on date,
  is_ransomware boolean,
  detail jsonb
) on commit drop`

async function stage(connection: Connection, feed: FeedToLoad): Promise<number> {
  await connection.query(createStaging)
  let entries = 0
  const lines = async function* () {
    for await (const batch of feed.entries) {
      entries += batch.length
      yield batch.map(lineOf).join('')
    }
  }
  const copy = connection.query(copyFrom(`copy staged_feed (${columns.join(', ')}) from stdin`))
  await pipeline(Readable.from(lines(), { objectMode: true }), copy)
  await connection.query('analyze staged_feed')
  return entries
}

function lineOf(entry: FeedEntry): string {
  const { cve, epss, percentile, addedOn, dueOn, isRansomware, detail } = entry
  const values = [cve, epss, percentile, addedOn, dueOn, isRansomware, detail === null ? null : JSON.stringify(detail)]
  return `${values.map(copyValue).join('\t')}\n`
}

async function findLoad(connection: Connection, header: FeedHeader, sha256: string): Promise<FeedLoad | undefined> {
  const { rows } = await connection.query<FeedLoad & Record<string, unknown>>(
    `select feed_load_id, kind, outcome, version, score_on::text, entries, added, changed, removed, plugins_changed
     from feed_load
     where kind = $1 and score_on = $2 and sha256 = $3
     limit 1`,
    [header.kind, header.scoreOn, sha256],
  )
  return rows[0]
}

interface Place {
  readonly outcome: FeedOutcome
  /** The next day after it that was loaded; null when it is the newest. */
  readonly nextOn: string | null
  readonly isFirst: boolean
}

/** Where a feed belongs among those of its kind that were loaded. */
async function placeOf(connection: Connection, { kind, scoreOn, releasedAt }: FeedHeader): Promise<Place> {
  const { rows } = await connection.query<{ next_on: string | null; is_superseded: boolean; is_first: boolean }>(
    `select (min(score_on) filter (where score_on > $2::date))::text as next_on,
            coalesce(bool_or(score_on = $2::date and released_at > $3::timestamptz), false) as is_superseded,
            count(*) = 0 as is_first
     from feed_load
     where kind = $1 and outcome <> 'superseded'`,
    [kind, scoreOn, releasedAt],
  )
  const { next_on: nextOn, is_superseded, is_first: isFirst } = rows[0]!
  return { outcome: is_superseded ? 'superseded' : nextOn === null ? 'current' : 'history', nextOn, isFirst }
}

const lostShare = 0.1
const lostFloor = 20

/** Half a file would take half the CVEs off their list. */
async function refuseShrunk(connection: Connection, kind: FeedKind, entries: number): Promise<void> {
  const { rows } = await connection.query<{ held: number }>(
    'select count(*) as held from score_feed where kind = $1 and valid_to is null',
    [kind],
  )
  const held = rows[0]?.held ?? 0
  const lost = held - entries
  if (lost <= lostFloor || lost <= held * lostShare) return
  throw new ConfigError(
    'feed_shrunk',
    `The ${kind.toUpperCase()} feed has ${entries} CVEs where the one before had ${held}; it may be half a file. Nothing was taken. If it is right, load it with --accept-shrunk (?accept_shrunk=true).`,
  )
}

async function record(
  connection: Connection,
  { header, origin }: FeedToLoad,
  outcome: FeedOutcome,
  counts: DayChanges & { readonly entries: number; readonly bytes: number; readonly sha256: string },
  actor: Actor,
): Promise<number> {
  const { rows } = await connection.query<{ feed_load_id: number }>(
    `insert into feed_load (kind, score_on, released_at, version, outcome, entries, added, changed, removed,
                            plugins_changed, bytes, sha256, origin, loaded_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, $13)
     returning feed_load_id`,
    [
      ...[header.kind, header.scoreOn, header.releasedAt, header.version, outcome],
      ...[counts.entries, counts.added, counts.changed, counts.removed, counts.bytes, counts.sha256],
      ...[origin, `${actor.kind} ${actor.name}`],
    ],
  )
  return rows[0]!.feed_load_id
}

/** Answers how many plugins have another score now. */
async function makeCurrent(
  connection: Connection,
  header: FeedHeader,
  feedLoadId: number,
  changes: DayChanges,
  isFirst: boolean,
): Promise<number> {
  await connection.query(
    `insert into feed_state (kind, score_on, feed_load_id) values ($1, $2, $3)
     on conflict (kind) do update set score_on = excluded.score_on, feed_load_id = excluded.feed_load_id`,
    [header.kind, header.scoreOn, feedLoadId],
  )
  // A plugin that is merged meanwhile waits, and then sees this feed.
  await connection.query('select pg_advisory_xact_lock($1)', [locks.plugins])
  // From the first catalogue on, what is not in it is known not to be.
  return isFirst ? scoreAllPlugins(connection) : scorePluginsOf(connection, changes.cves)
}
