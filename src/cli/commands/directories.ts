import type { Command } from 'commander'
import { AgentFilter, AgentSort, NetworkFilter, NetworkSort, TagFilter, TagSort } from '../../contract/directories.ts'
import type { Act, Context } from '../context.ts'
import type { ExitCode } from '../exit.ts'
import { addFilterOptions, type Choice, type FilterOption, filterOf } from '../filter-options.ts'
import { addListOptions, type ListOptions, list } from '../list.ts'
import { instant } from '../text.ts'

const source: FilterOption = { flag: '--source <name|id>', about: 'only of this source', key: 'source_id' }
const include: FilterOption = {
  flag: '--include <list>',
  about: 'gone: also what the source no longer lists',
  key: 'include',
}

const networkChoice: Choice<typeof NetworkFilter> = {
  schema: NetworkFilter,
  // No words of the query language: it is of assets and findings.
  fields: [],
  options: [
    { flag: '--search <text>', about: 'part of a name, a description or the source’s id', key: 'q' },
    source,
    include,
  ],
}

export function networksCommand(program: Command, act: Act): void {
  const command = program
    .command('networks')
    .summary('list networks')
    .description('Lists networks with their assets, scanners and agents counted.')
    .addHelpText('after', '\nExample:\n  tenfold networks --sort -updated_at --json')
  addFilterOptions(command, networkChoice)
  addListOptions(command, 'name').action(act(networks))
}

function networks(context: Context, options: ListOptions): Promise<ExitCode> {
  return list(context, options, {
    noun: 'network',
    sort: NetworkSort,
    filter: given => filterOf(networkChoice, given),
    page: (hub, filter, request) => hub.read.networks({ ...request, filter }),
    columns: [
      { title: 'Name', maxWidth: 44, value: row => row.name },
      { title: 'Source', maxWidth: 24, value: row => row.source },
      { title: 'Assets', align: 'right', value: row => row.assets },
      { title: 'Scanners', align: 'right', value: row => row.scanners },
      { title: 'Agents', align: 'right', value: row => row.agents },
      {
        title: 'Ages out',
        align: 'right',
        value: row => (row.assets_ttl_days === null ? '' : `${row.assets_ttl_days} d`),
      },
      { title: 'Gone', value: row => (row.gone_at === null ? '' : instant(row.gone_at)) },
      { title: 'Id', maxWidth: 44, value: row => row.id },
    ],
  })
}

const agentChoice: Choice<typeof AgentFilter> = {
  schema: AgentFilter,
  // No words of the query language: it is of assets and findings.
  fields: [],
  options: [
    { flag: '--search <text>', about: 'part of a name, an address or the source’s id', key: 'q' },
    source,
    { flag: '--status <list>', about: 'on, off, init', key: 'status' },
    { flag: '--group <name>', about: 'in this group; several may be given', key: 'group' },
    include,
  ],
}

export function agentsCommand(program: Command, act: Act): void {
  const command = program
    .command('agents')
    .summary('list agents')
    .description('Lists the agents that are linked to the sources.')
    .addHelpText('after', '\nExample:\n  tenfold agents --status off --where has_asset=false')
  addFilterOptions(command, agentChoice)
  addListOptions(command, 'name').action(act(agents))
}

function agents(context: Context, options: ListOptions): Promise<ExitCode> {
  return list(context, options, {
    noun: 'agent',
    sort: AgentSort,
    filter: given => filterOf(agentChoice, given),
    page: (hub, filter, request) => hub.read.agents({ ...request, filter }),
    columns: [
      { title: 'Name', maxWidth: 40, value: row => row.name },
      { title: 'Status', value: row => row.status },
      { title: 'Health', value: row => row.health },
      { title: 'Address', maxWidth: 39, value: row => row.ip_address },
      { title: 'Network', maxWidth: 24, value: row => row.network_name },
      { title: 'Groups', maxWidth: 32, value: row => row.groups.join(', ') },
      { title: 'Version', maxWidth: 12, value: row => row.core_version },
      { title: 'Last connect', value: row => instant(row.last_connect_at) },
      { title: 'Asset', align: 'right', value: row => row.asset?.id },
    ],
  })
}

const tagChoice: Choice<typeof TagFilter> = {
  schema: TagFilter,
  // No words of the query language: it is of assets and findings.
  fields: [],
  options: [
    { flag: '--search <text>', about: 'part of a category, a value or a description', key: 'q' },
    source,
    { flag: '--category <name>', about: 'of this category; several may be given', key: 'category' },
    include,
  ],
}

export function tagsCommand(program: Command, act: Act): void {
  const command = program
    .command('tags')
    .summary('list tags')
    .description('Lists tags with the assets that have each counted, as the default count has them.')
    .addHelpText('after', '\nExample:\n  tenfold tags --category Location')
  addFilterOptions(command, tagChoice)
  addListOptions(command, 'name').action(act(tags))
}

function tags(context: Context, options: ListOptions): Promise<ExitCode> {
  return list(context, options, {
    noun: 'tag',
    sort: TagSort,
    filter: given => filterOf(tagChoice, given),
    page: (hub, filter, request) => hub.read.tags({ ...request, filter }),
    columns: [
      { title: 'Category', maxWidth: 32, value: row => row.category },
      { title: 'Value', maxWidth: 40, value: row => row.value },
      { title: 'Type', value: row => row.type },
      { title: 'Members', align: 'right', value: row => row.members },
      { title: 'Source', maxWidth: 24, value: row => row.source },
      { title: 'Gone', value: row => (row.gone_at === null ? '' : instant(row.gone_at)) },
      { title: 'Id', maxWidth: 44, value: row => row.id },
    ],
  })
}
