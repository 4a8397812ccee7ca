import { listAgents } from '../../store/queries/agent-list.ts'
import { listDirectoryEvents } from '../../store/queries/directory-events.ts'
import { getNetwork, listNetworks } from '../../store/queries/network-list.ts'
import { listMultiHomed, listSubnets } from '../../store/queries/network-subnets.ts'
import { listPluginChanges } from '../../store/queries/plugin-changes.ts'
import { listScanners } from '../../store/queries/scanner-list.ts'
import { listTags } from '../../store/queries/tag-list.ts'
import { listTagMembers } from '../../store/queries/tag-members.ts'
import type { Handlers } from '../handler.ts'
import { momentOf } from '../moment-of.ts'
import { pageRequest } from '../page-request.ts'

/** Networks, sensors and tags, and what changed in them and in plugins. */
export const directoryHandlers = {
  listNetworks: ({ database }, { query: { sort, ...query } }) => {
    const { page, filter } = pageRequest(query)
    return listNetworks(database, { ...page, filter, sort })
  },
  getNetwork: ({ database }, { params }) => getNetwork(database, params.id),
  listSubnets: ({ database }, { params, query }) => {
    const { page, filter } = pageRequest(query)
    return listSubnets(database, { ...page, filter, id: params.id })
  },
  listMultiHomed: ({ database }, { params, query }) => {
    const { page, filter } = pageRequest(query)
    return listMultiHomed(database, { ...page, filter, id: params.id })
  },
  listScanners: ({ database }, { query: { sort, ...query } }) => {
    const { page, filter } = pageRequest(query)
    return listScanners(database, { ...page, filter, sort })
  },
  listAgents: ({ database }, { query: { sort, ...query } }) => {
    const { page, filter } = pageRequest(query)
    return listAgents(database, { ...page, filter, sort })
  },
  listTags: ({ database }, { query: { sort, ...query } }) => {
    const { page, filter } = pageRequest(query)
    return listTags(database, { ...page, filter, sort })
  },
  listTagMembers: ({ database }, { params, query: { as_of, known_at, ...page } }) =>
    listTagMembers(database, { ...page, id: params.id }, momentOf(as_of, known_at)),
  listDirectoryEvents: ({ database }, { query }) => {
    const { page, filter } = pageRequest(query)
    return listDirectoryEvents(database, { ...page, filter })
  },
  listPluginChanges: ({ database }, { params, query: { source_id, ...page } }) =>
    listPluginChanges(database, { ...page, pluginId: params.id, sourceId: source_id }),
} satisfies Partial<Handlers>
