import type { Command } from 'commander'
import type { AssetView } from '../../contract/assets.ts'
import { AssetFilter, AssetSort } from '../../contract/filters.ts'
import { assetQueryFields } from '../../domain/query/index.ts'
import { severities } from '../../domain/severity.ts'
import type { Act, Context } from '../context.ts'
import type { ExitCode } from '../exit.ts'
import { addFilterOptions, type Choice, type FilterOption, filterOf } from '../filter-options.ts'
import { addListOptions, type ListOptions, list } from '../list.ts'
import { instant } from '../text.ts'

const assetFilterOptions: readonly FilterOption[] = [
  { flag: '--search <text>', about: 'part of a name, address or vendor id', key: 'q' },
  { flag: '--source <name|id>', about: 'only of this source', key: 'source_id' },
  { flag: '--status <list>', about: 'live, deleted, terminated, aged_out', key: 'status' },
  { flag: '--severity <list>', about: 'with an open finding of one of these severities', key: 'open_severity' },
  { flag: '--tag <key:value>', about: 'tagged so; several must all be there', key: 'tag' },
  { flag: '--owner <name>', about: 'owned by them', key: 'owner' },
  { flag: '--group <name>', about: 'in this group', key: 'group' },
  {
    flag: '--include <list>',
    about: 'what the default count leaves out: unlicensed, untracked, gone, out_of_scope, all',
    key: 'include',
  },
]

export const assetChoice = {
  schema: AssetFilter,
  options: assetFilterOptions,
  fields: assetQueryFields,
} satisfies Choice<typeof AssetFilter>

export function assetsCommand(program: Command, act: Act): void {
  const command = program
    .command('assets')
    .summary('list assets')
    .description('Lists assets: live, tracked and not unlicensed, unless told otherwise.')
  addFilterOptions(command, assetChoice)
  addListOptions(command, 'name').action(act(assets))
}

function assets(context: Context, query: readonly string[], options: ListOptions): Promise<ExitCode> {
  return list(
    context,
    { ...options, query },
    {
      noun: 'asset',
      sort: AssetSort,
      filter: given => filterOf(assetChoice, given),
      page: (hub, filter, request) => hub.read.assets({ ...request, filter }),
      columns: [
        { title: 'Id', align: 'right', value: row => String(row.id) },
        { title: 'Name', maxWidth: 44, value: row => row.name },
        { title: 'Status', value: row => row.status },
        { title: 'Address', maxWidth: 39, value: row => row.ipv4s[0] ?? row.ipv6s[0] },
        { title: 'System', maxWidth: 32, value: row => row.operating_systems[0] },
        { title: 'Owner', maxWidth: 24, value: row => row.owner },
        { title: 'ACR', align: 'right', value: row => row.acr_score },
        ...[...severities].reverse().map(severity => ({
          title: severity === 'medium' ? 'Med' : severity.slice(0, 4).replace(/^./, first => first.toUpperCase()),
          align: 'right' as const,
          value: (row: AssetView) => row.open[severity],
        })),
        { title: 'Last seen', value: row => instant(row.last_seen) },
      ],
    },
  )
}
