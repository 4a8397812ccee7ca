import { z } from 'zod'
import {
  AgentFilter,
  AgentPage,
  AgentSort,
  DirectoryEventFilter,
  DirectoryEventPage,
  MultiHomedPage,
  NetworkDetail,
  NetworkFilter,
  NetworkPage,
  NetworkSort,
  PluginChangePage,
  ScannerFilter,
  ScannerPage,
  ScannerSort,
  SubnetPage,
  subnetShape,
  TagFilter,
  TagMemberPage,
  TagPage,
  TagSort,
} from './directories.ts'
import { momentQuery } from './history.ts'
import { json, noQuery, problems } from './operation-parts.ts'
import { pageQuery } from './page.ts'
import { Int4Id, numeric, PluginId, text } from './primitives.ts'

const entryKey = z.strictObject({ id: text(500).describe('as the list gives it, or the source’s own id') })

/** Networks, sensors and tags. */
export const directoryOperations = {
  listNetworks: {
    role: 'viewer',
    summary: 'Networks with their assets, scanners and agents counted',
    tags: ['networks'],
    query: z.strictObject({ ...NetworkFilter.shape, sort: NetworkSort, ...pageQuery }),
    responses: { 200: json(NetworkPage), ...problems() },
  },
  getNetwork: {
    role: 'viewer',
    summary: 'Everything known of one network',
    tags: ['networks'],
    params: entryKey,
    query: noQuery,
    responses: { 200: json(NetworkDetail), ...problems(404, 409) },
  },
  listSubnets: {
    role: 'viewer',
    summary: 'Assets of a network by subnet',
    description: 'Of assets in the default count; an asset counts in each subnet it has an address in.',
    tags: ['networks', 'assets'],
    params: entryKey,
    query: z.strictObject({ ...subnetShape, ...pageQuery }),
    responses: { 200: json(SubnetPage), ...problems(404, 409) },
  },
  listMultiHomed: {
    role: 'viewer',
    summary: 'Assets of a network that stand in several subnets or have several interfaces',
    tags: ['networks', 'assets'],
    params: entryKey,
    query: z.strictObject({ ...subnetShape, ...pageQuery }),
    responses: { 200: json(MultiHomedPage), ...problems(404, 409) },
  },
  listScanners: {
    role: 'viewer',
    summary: 'Scanners and how they are',
    description: 'The keys that link scanners are never stored.',
    tags: ['sensors'],
    query: z.strictObject({ ...ScannerFilter.shape, sort: ScannerSort, ...pageQuery }),
    responses: { 200: json(ScannerPage), ...problems() },
  },
  listAgents: {
    role: 'viewer',
    summary: 'Agents, how they are, and the assets they are on',
    tags: ['sensors'],
    query: z.strictObject({ ...AgentFilter.shape, sort: AgentSort, ...pageQuery }),
    responses: { 200: json(AgentPage), ...problems() },
  },
  listTags: {
    role: 'viewer',
    summary: 'Tags with their members counted',
    tags: ['tags'],
    query: z.strictObject({ ...TagFilter.shape, sort: TagSort, ...pageQuery }),
    responses: { 200: json(TagPage), ...problems() },
  },
  listTagMembers: {
    role: 'viewer',
    summary: 'Assets that have a tag, now or at an instant of the past',
    description:
      'Assets that the default count has, or had then. A tag that was renamed counts under each name it ever had.',
    tags: ['tags', 'assets'],
    params: entryKey,
    query: z.strictObject({ ...momentQuery, ...pageQuery }),
    responses: { 200: json(TagMemberPage), ...problems(404, 409) },
  },
  listDirectoryEvents: {
    role: 'viewer',
    summary: 'What changed in networks, scanners, agents and tags, newest first',
    description: 'That a sensor reports or falls silent is no change; its row says when it last did.',
    tags: ['networks', 'sensors', 'tags'],
    query: z.strictObject({ ...DirectoryEventFilter.shape, ...pageQuery }),
    responses: { 200: json(DirectoryEventPage), ...problems() },
  },
  listPluginChanges: {
    role: 'viewer',
    summary: 'What changed in a plugin, newest first',
    tags: ['plugins'],
    params: z.strictObject({ id: numeric(PluginId) }),
    query: z.strictObject({
      source_id: numeric(Int4Id).optional().describe('the owner, when several sources have a custom plugin of this id'),
      ...pageQuery,
    }),
    responses: { 200: json(PluginChangePage), ...problems(404) },
  },
} as const
