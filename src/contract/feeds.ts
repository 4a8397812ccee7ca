import { z } from 'zod'
import { feedKinds, feedOutcomes } from '../domain/feed.ts'
import { AnyObject, Count, Day, flag, Instant, text } from './primitives.ts'

export { type FeedKind, feedKinds } from '../domain/feed.ts'

const Share = z.number().min(0).max(1)

export const FeedLoadView = z
  .object({
    feed_load_id: z.int(),
    kind: z.enum(feedKinds),
    score_on: Day.describe('the day in UTC that it speaks for'),
    released_at: Instant,
    version: z.string().nullable(),
    outcome: z
      .enum(feedOutcomes)
      .describe('current: the newest; history: of a day before it; superseded: older than another of its day'),
    entries: Count,
    added: Count,
    changed: Count,
    removed: Count,
    plugins_changed: Count,
    bytes: Count,
    sha256: z.string(),
    origin: z.string().describe('the address or the name of the file'),
    loaded_at: Instant,
    loaded_by: z.string(),
  })
  .meta({ id: 'FeedLoad' })
export type FeedLoadView = z.infer<typeof FeedLoadView>

export const FeedView = z
  .object({
    kind: z.enum(feedKinds),
    score_on: Day.nullable().describe('null: none was ever loaded'),
    version: z.string().nullable(),
    entries: Count.describe('CVEs that it names now'),
    days_loaded: Count,
    first_score_on: Day.nullable(),
    checked_at: Instant.nullable().describe('when its address was asked last'),
    next_at: Instant.nullable().describe('when a server asks again, where feeds are switched on'),
    error_code: z.string().nullable().describe('why the last look at the address failed'),
    error_message: z.string().nullable(),
    latest: FeedLoadView.nullable(),
  })
  .meta({ id: 'Feed' })
export type FeedView = z.infer<typeof FeedView>

export const FeedList = z
  .object({ is_on: z.boolean().describe('a server fetches them by itself'), items: z.array(FeedView) })
  .meta({ id: 'FeedList' })
export type FeedList = z.infer<typeof FeedList>

export const FeedSource = z
  .strictObject({ url: text(2000).optional().describe('the configured address when left out') })
  .meta({ id: 'FeedSource' })

export const feedParams = z.strictObject({ kind: z.enum(feedKinds) })
export const feedQuery = z.strictObject({
  date: Day.optional().describe('the day, for a file that does not say it'),
  name: text(500).optional().describe('the name of an uploaded file; it may say the day'),
  accept_shrunk: flag().optional().describe('true: take a feed that has far fewer CVEs than the one before'),
})

export const FeedResult = z
  .object({
    kind: z.enum(feedKinds),
    outcome: z
      .enum([...feedOutcomes, 'unchanged', 'not_modified'])
      .describe('unchanged: these bytes had been loaded; not_modified: the address has nothing new'),
    feed_load_id: z.int().optional(),
    version: z.string().nullable().optional(),
    score_on: Day.optional(),
    entries: Count.optional(),
    added: Count.optional(),
    changed: Count.optional(),
    removed: Count.optional(),
    plugins_changed: Count.optional(),
  })
  .meta({ id: 'FeedResult' })
export type FeedResult = z.infer<typeof FeedResult>

export const ScoreSpan = z
  .object({
    kind: z.enum(feedKinds),
    valid_from: Day,
    valid_to: Day.nullable().describe('the first day on which it no longer held; null: it holds now'),
    epss: Share.nullable(),
    percentile: Share.nullable().describe('within 0.005 on every day of the span'),
    added_on: Day.nullable(),
    due_on: Day.nullable(),
    is_ransomware: z.boolean().nullable(),
    detail: AnyObject.nullable().describe('names and texts of the catalogue'),
  })
  .meta({ id: 'ScoreSpan' })
export type ScoreSpan = z.infer<typeof ScoreSpan>

export const CveScores = z
  .object({
    cve: z.string(),
    on: Day.nullable(),
    epss_on: Day.nullable().describe('the last day of EPSS that was loaded by then'),
    kev_on: Day.nullable(),
    items: z.array(ScoreSpan),
  })
  .meta({ id: 'CveScores' })
export type CveScores = z.infer<typeof CveScores>

export const cveParams = z.strictObject({ cve: text(30) })
export const cveQuery = z.strictObject({ on: Day.optional().describe('only what held on this day') })

/** Where EPSS and KEV of a plugin are from. */
export const PluginScores = z
  .object({
    epss: z.object({
      score: Share.nullable(),
      percentile: Share.nullable(),
      cve: z.string().nullable().describe('the one of its CVEs whose score it is: the highest'),
      origin: z.enum(['feed', 'vendor']).nullable(),
      on: Day.nullable().describe('the day of the feed'),
    }),
    kev: z.object({
      is_listed: z.boolean().nullable(),
      cves: z.array(z.string()),
      added_on: Day.nullable(),
      due_on: Day.nullable().describe('the earliest'),
      is_ransomware: z.boolean().nullable(),
      origin: z.enum(['feed', 'vendor']).nullable(),
      on: Day.nullable(),
    }),
    vendor: z.object({ epss_score: z.number().nullable(), is_kev: z.boolean().nullable() }),
  })
  .meta({ id: 'PluginScores' })
