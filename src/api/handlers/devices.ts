import { ConfigError } from '../../platform/errors.ts'
import { decide, mergeDevices, splitDevice, undoDecision } from '../../store/identity/decisions.ts'
import { getAct, getDecision, listDecisions, listReviews } from '../../store/queries/device-decisions.ts'
import { getDevice, listDeviceFindings, wholeDevice } from '../../store/queries/device-detail.ts'
import { listDevices } from '../../store/queries/device-list.ts'
import { loadEstateDays } from '../../store/queries/estate-days.ts'
import { loadEstateStatistics, loadEstateStatisticsThen } from '../../store/queries/estate-statistics.ts'
import { requireAssets } from '../../store/queries/visible-assets.ts'
import { type Handlers, WithStatus } from '../handler.ts'
import { pageRequest } from '../page-request.ts'

/** Machines across sources. */
export const deviceHandlers = {
  listDevices: ({ database }, { query: { sort, ...query } }) => {
    const { page, filter } = pageRequest(query)
    return listDevices(database, { ...page, filter, sort })
  },
  getEstateStatistics: ({ database }, { query: { as_of } }) =>
    as_of === undefined ? loadEstateStatistics(database) : loadEstateStatisticsThen(database, as_of),
  getDailyEstateStatistics: ({ database }, { query }) => loadEstateDays(database, query),
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
  mergeDevice: async ({ database, unscoped }, { params, body, actor }) => {
    if (params.id === body.device_id) {
      throw new ConfigError('same_device', 'Name another machine; a machine is one with itself.', {
        context: { field: 'device_id' },
      })
    }
    const ours = await wholeDevice(database, params.id)
    const theirs = await wholeDevice(database, body.device_id)
    const act = await mergeDevices(unscoped, { ours, theirs, reason: body.reason }, actor)
    return new WithStatus(201, await getAct(database, act))
  },
  splitDevice: async ({ database, unscoped }, { params, body, actor }) => {
    const members = await wholeDevice(database, params.id)
    const away = [...new Set(body.asset_ids)]
    const rest = members.filter(id => !away.includes(id))
    const foreign = away.find(id => !members.includes(id))
    if (foreign !== undefined) {
      throw new ConfigError(
        'device_changed',
        `Asset ${foreign} is not of machine ${params.id}, or no longer. Look at the machine again.`,
        { context: { field: 'asset_ids' } },
      )
    }
    if (rest.length === 0) {
      throw new ConfigError('nothing_left', 'Leave at least one record; a machine is not split from nothing.', {
        context: { field: 'asset_ids' },
      })
    }
    const act = await splitDevice(unscoped, { away, rest, reason: body.reason }, actor)
    return new WithStatus(201, await getAct(database, act))
  },
  getDevice: ({ database }, { params }) => getDevice(database, params.id),
  listDeviceFindings: ({ database }, { params }) => listDeviceFindings(database, params.id),
} satisfies Partial<Handlers>
