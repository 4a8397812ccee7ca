import type { Command } from 'commander'
import { FindingFilter, FindingSort } from '../../contract/filters.ts'
import { pluginName } from '../../domain/plugin-name.ts'
import { findingQueryFields } from '../../domain/query/index.ts'
import type { Act, Context } from '../context.ts'
import type { ExitCode } from '../exit.ts'
import { addFilterOptions, type Choice, type FilterOption, filterOf } from '../filter-options.ts'
import { addListOptions, type ListOptions, list } from '../list.ts'
import { instant } from '../text.ts'

const findingFilterOptions: readonly FilterOption[] = [
  { flag: '--search <text>', about: 'part of a plugin’s or asset’s name, an address, or a plugin id', key: 'q' },
  { flag: '--source <name|id>', about: 'only of this source', key: 'source_id' },
  { flag: '--severity <list>', about: 'info, low, medium, high, critical', key: 'severity' },
  { flag: '--state <list>', about: 'open, reopened, fixed', key: 'state' },
  { flag: '--asset <id>', about: 'only on this asset', key: 'asset_id' },
  { flag: '--plugin <id>', about: 'only of this plugin', key: 'plugin_id' },
  { flag: '--cve <list>', about: 'of plugins that name this CVE', key: 'cve' },
  { flag: '--tag <key:value>', about: 'on assets tagged so; several must all be there', key: 'tag' },
  { flag: '--owner <name>', about: 'on assets of this owner', key: 'owner' },
  { flag: '--group <name>', about: 'on assets of this group', key: 'group' },
  {
    flag: '--include <list>',
    about: 'what the default count leaves out: fixed, ended, unlicensed, untracked, gone, all',
    key: 'include',
  },
]

export const findingChoice = {
  schema: FindingFilter,
  options: findingFilterOptions,
  fields: findingQueryFields,
} satisfies Choice<typeof FindingFilter>

export function findingsCommand(program: Command, act: Act): void {
  const command = program
    .command('findings')
    .summary('list findings')
    .description(
      'Lists findings, worst first: open or reopened and not ended, on live, tracked assets that are not unlicensed, ' +
        'unless told otherwise.',
    )
  addFilterOptions(command, findingChoice)
  addListOptions(command, '-severity').action(act(findings))
}

function findings(context: Context, query: readonly string[], options: ListOptions): Promise<ExitCode> {
  return list(
    context,
    { ...options, query },
    {
      noun: 'finding',
      sort: FindingSort,
      filter: given => filterOf(findingChoice, given),
      page: (hub, filter, request) => hub.read.findings({ ...request, filter }),
      columns: [
        { title: 'Severity', value: row => row.severity },
        { title: 'State', value: row => row.state },
        { title: 'Plugin', align: 'right', value: row => String(row.plugin_id) },
        { title: 'Name', maxWidth: 56, value: row => pluginName(row.plugin_name, row.plugin_id) },
        { title: 'Asset', maxWidth: 36, value: row => row.asset_name },
        { title: 'Port', value: row => (row.port === 0 ? row.protocol : `${row.port}/${row.protocol}`) },
        { title: 'VPR', align: 'right', value: row => row.vpr_score },
        { title: 'First found', value: row => instant(row.first_found) },
        { title: 'Last found', value: row => instant(row.last_found) },
      ],
    },
  )
}
