import { z } from 'zod'
import { json, noQuery, problems } from './operation-parts.ts'
import { AssetId, Int4Id, PluginId, text } from './primitives.ts'
import { SyncAnswer } from './sync.ts'

const assetIds = z
  .array(z.union([AssetId, text(500)]))
  .min(1)
  .max(25)
  .describe('our ids, or the vendor’s; all of one source')
const wait = z.boolean().default(false).describe('answer when the refresh has ended')

export const RefreshAssetsRequest = z.strictObject({ asset_ids: assetIds, wait }).meta({
  id: 'RefreshAssetsRequest',
  examples: [{ asset_ids: ['53ed0fa2-ed6d-3f2e-92c4-2b22b0d0ea5e'] }, { asset_ids: [17, 18], wait: true }],
})
export type RefreshAssetsRequest = z.output<typeof RefreshAssetsRequest>

export const RefreshFindingsRequest = z
  .strictObject({
    plugin_id: PluginId.optional(),
    asset_ids: assetIds.optional(),
    source_id: Int4Id.optional().describe('with plugin_id; needed when there are several sources'),
    wait,
  })
  .refine(request => (request.plugin_id === undefined) !== (request.asset_ids === undefined), {
    message: 'give plugin_id or asset_ids, one of them',
    path: ['plugin_id'],
  })
  .refine(request => request.source_id === undefined || request.plugin_id !== undefined, {
    message: 'goes with plugin_id: assets say themselves which source they are of',
    path: ['source_id'],
  })
  .meta({ id: 'RefreshFindingsRequest', examples: [{ plugin_id: 19506 }, { asset_ids: [17] }] })
export type RefreshFindingsRequest = z.output<typeof RefreshFindingsRequest>

export const RefreshAnswer = SyncAnswer.extend({
  created: z.boolean().describe('false: a refresh of the same was waiting already'),
  message: z.string().describe('when it will be done, and what goes on beside it'),
}).meta({ id: 'RefreshAnswer' })
export type RefreshAnswer = z.infer<typeof RefreshAnswer>

const refreshing = {
  role: 'operator',
  query: noQuery,
  responses: {
    200: json(RefreshAnswer, 'It was waiting already, or, with wait, has ended.'),
    202: json(RefreshAnswer, 'Queued.'),
    ...problems(404, 409, 413, 415, 422),
  },
} as const

const limits =
  'It goes on beside a sync of the same source, ends nothing, and moves no watermark. Findings of an asset are asked for by ' +
  'its IPv4 address: the vendor has no other filter for them.'

/** A few rows at once, without waiting for the next sync. */
export const refreshOperations = {
  refreshAssets: {
    ...refreshing,
    summary: 'Read some assets and their findings now',
    description: `At most 25. ${limits}`,
    tags: ['assets', 'sync'],
    body: RefreshAssetsRequest,
  },
  refreshFindings: {
    ...refreshing,
    summary: 'Read the findings of one plugin, or of some assets, now',
    description: `Of every state and severity within the scope of the source. ${limits}`,
    tags: ['findings', 'sync'],
    body: RefreshFindingsRequest,
  },
} as const
