import { z } from 'zod'
import { AssetTimeline } from './asset-timeline.ts'
import { Changes, changeFilterShape } from './changes.ts'
import { json, noQuery, problems } from './operation-parts.ts'
import { pageQuery } from './page.ts'
import { Day, Int4Id, numericListOf, text } from './primitives.ts'
import { DailyFindingStatistics } from './statistics.ts'

const { total: _total, ...page } = pageQuery

/** What was, day by day, and what changed in between. */
export const historyOperations = {
  getAssetTimeline: {
    role: 'viewer',
    summary: 'What happened to one asset: its status, licence, names, addresses and tags',
    tags: ['assets'],
    params: z.strictObject({ id: text(500).describe('our id, or the vendor’s') }),
    query: noQuery,
    responses: { 200: json(AssetTimeline), ...problems(404) },
  },
  getDailyFindingStatistics: {
    role: 'viewer',
    summary: 'Findings counted at the end of each day in UTC',
    description: 'What we know today about each day. Without from and to, the last 30 days there are.',
    tags: ['statistics'],
    query: z.strictObject({
      from: Day.optional().describe('included'),
      to: Day.optional().describe('included'),
      source_id: numericListOf(Int4Id).optional(),
    }),
    responses: { 200: json(DailyFindingStatistics), ...problems() },
  },
  listChanges: {
    role: 'viewer',
    summary: 'What changed between two instants: counts, mean time to remediate, and the changes themselves',
    description:
      'Of all findings, whatever the default count makes of their assets: what ends is mostly gone with its asset.',
    tags: ['findings'],
    query: z.strictObject({ ...changeFilterShape, ...page }),
    responses: { 200: json(Changes), ...problems(422) },
  },
} as const
