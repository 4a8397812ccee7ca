import { z } from 'zod'
import { assetEventCauses, assetEventKinds, assetStatuses } from '../domain/asset.ts'
import { archived_before } from './history.ts'
import { AnyJson, AssetId, Instant, RunId } from './primitives.ts'

export const AssetEventView = z
  .object({
    event_id: z.int(),
    happened_at: Instant.nullable().describe('the vendor’s clock; null when the source gives no date'),
    recorded_at: Instant.describe('our clock: when we were told'),
    kind: z.enum(assetEventKinds),
    status: z.enum(assetStatuses).describe('after the event, as is_licensed and is_tracked'),
    is_licensed: z.boolean().nullable(),
    is_tracked: z.boolean().nullable(),
    cause: z.enum(assetEventCauses).describe('absent: a complete full run did not meet the asset'),
    is_reconstructed: z.boolean().describe('made from what the row said at the first sight of it, not witnessed'),
    run_id: RunId.nullable(),
    before: AnyJson,
    after: AnyJson.describe('of names, addresses, tags and scope: what they are after the event'),
  })
  .meta({ id: 'AssetEvent' })
export type AssetEventView = z.infer<typeof AssetEventView>

export const AssetTimeline = z
  .object({ asset_id: AssetId, items: z.array(AssetEventView).describe('oldest first'), archived_before })
  .meta({ id: 'AssetTimeline' })
export type AssetTimeline = z.infer<typeof AssetTimeline>
