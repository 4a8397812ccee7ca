import { decide, undoDecision } from '../../store/identity/decisions.ts'
import { getDecision, listDecisions, listReviews } from '../../store/queries/device-decisions.ts'
import { getDevice, listDeviceFindings } from '../../store/queries/device-detail.ts'
import { listDevices } from '../../store/queries/device-list.ts'
import { loadEstateStatistics } from '../../store/queries/estate-statistics.ts'
import { requireAssets } from '../../store/queries/visible-assets.ts'
import { type Handlers, WithStatus } from '../handler.ts'
import { pageRequest } from '../page-request.ts'

/** Machines across sources. */
export const deviceHandlers = {
  listDevices: ({ database }, { query: { sort, ...query } }) => {
    const { page, filter } = pageRequest(query)
    return listDevices(database, { ...page, filter, sort })
  },
  getEstateStatistics: ({ database }) => loadEstateStatistics(database),
  listDeviceReviews: ({ database }, { query }) => listReviews(database, query),
  listDeviceDecisions: ({ database }, { query }) => listDecisions(database, query),
  decideDevice: async ({ database, unscoped }, { body, actor }) => {
    await requireAssets(database, body.asset_ids)
    const id = await decide(unscoped, { assetIds: body.asset_ids, isSame: body.is_same, reason: body.reason }, actor)
    return new WithStatus(201, await getDecision(database, id))
  },
  undoDeviceDecision: async ({ database, unscoped }, { params, actor }) => {
    // Of assets that the caller may not see there is no decision for them either.
    await getDecision(database, params.id)
    await undoDecision(unscoped, params.id, actor)
    return getDecision(database, params.id)
  },
  getDevice: ({ database }, { params }) => getDevice(database, params.id),
  listDeviceFindings: ({ database }, { params }) => listDeviceFindings(database, params.id),
} satisfies Partial<Handlers>
