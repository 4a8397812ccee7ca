import { type Command, Option } from 'commander'
import { AssetFilter } from '../../contract/filters.ts'
import { type ScanCoverage, ScanFilter, ScanSort } from '../../contract/scans.ts'
import { type Act, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { addFilterOptions, type Choice, type FilterOption, filterOf } from '../filter-options.ts'
import { addListOptions, type ListOptions, list, sourceIds } from '../list.ts'
import { whole } from '../options.ts'
import { type Column, counted, instant, table } from '../text.ts'

const filterOptions: readonly FilterOption[] = [
  { flag: '--search <text>', about: 'part of the name', key: 'q' },
  { flag: '--source <name|id>', about: 'only of this source', key: 'source_id' },
  { flag: '--status <list>', about: 'of the latest run: completed, running, empty …', key: 'status' },
  { flag: '--owner <name>', about: 'only of this owner', key: 'owner' },
  { flag: '--folder <name>', about: 'only in this folder', key: 'folder' },
  { flag: '--include <list>', about: 'gone: those, too, that the source no longer lists', key: 'include' },
]

const scanChoice = { schema: ScanFilter, options: filterOptions, fields: [] } satisfies Choice<typeof ScanFilter>

/** Of the filters above, the one that assets are chosen by too. */
const coverageChoice = {
  schema: AssetFilter,
  options: filterOptions.filter(({ key }) => key === 'source_id'),
  fields: [],
} satisfies Choice<typeof AssetFilter>

interface ScansOptions extends ListOptions {
  readonly coverage?: number
}

export function scansCommand(program: Command, act: Act): void {
  const command = program
    .command('scans')
    .summary('list scans, or what they do not cover')
    .description('Lists the scans that the sources have, with their latest results.')
    .addOption(
      new Option('--coverage <days>', 'instead: assets that no scan has met in so many days').argParser(whole(1, 3650)),
    )
    .addHelpText('after', '\nExample:\n  tenfold scans --coverage 14 --source "Tenable VM"')
  addFilterOptions(command, scanChoice)
  addListOptions(command, 'name').action(act(scans))
}

function scans(context: Context, options: ScansOptions): Promise<ExitCode> {
  if (options.coverage !== undefined) return coverage(context, options, options.coverage)
  return list(context, options, {
    noun: 'scan',
    sort: ScanSort,
    filter: given => filterOf(scanChoice, given),
    page: (hub, filter, request) => hub.read.scans({ ...request, filter }),
    columns: [
      { title: 'Id', align: 'right', value: row => String(row.id) },
      { title: 'Name', maxWidth: 44, value: row => row.name },
      { title: 'Status', value: row => row.status },
      { title: 'Schedule', maxWidth: 48, value: row => row.schedule },
      { title: 'Owner', maxWidth: 28, value: row => row.owner },
      { title: 'Folder', maxWidth: 20, value: row => row.folder },
      { title: 'Hosts', align: 'right', value: row => row.latest_results?.hosts },
      { title: 'Crit', align: 'right', value: row => row.latest_results?.severities?.critical },
      { title: 'High', align: 'right', value: row => row.latest_results?.severities?.high },
      { title: 'Last run', value: row => instant(row.last_run_at) },
    ],
  })
}

function coverage(context: Context, options: ScansOptions, days: number): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const given = { ...options, ...(await sourceIds(hub, options.source)) }
    const answer = await hub.read.scanCoverage(filterOf(coverageChoice, given), days)
    context.output.answer(answer, () => describe(answer))
    return exitCodes.done
  })
}

type Gaps = ScanCoverage['total'] & { readonly of: string }

const columns: readonly Column<Gaps>[] = [
  { title: 'Of', maxWidth: 48, value: row => row.of },
  { title: 'Assets', align: 'right', value: row => row.assets },
  { title: 'Never scanned', align: 'right', value: row => row.never_scanned },
  { title: 'Not lately', align: 'right', value: row => row.not_scanned },
  { title: 'Never with credentials', align: 'right', value: row => row.never_scanned_with_credentials },
  { title: 'Not lately with', align: 'right', value: row => row.not_scanned_with_credentials },
]

function describe({ total, by_network, by_tag, days, since }: ScanCoverage): string {
  const rows: readonly Gaps[] = [
    { of: 'all', ...total },
    ...by_network.map(row => ({ of: `network ${row.network ?? row.network_id ?? 'unknown'}`, ...row })),
    ...by_tag.map(row => ({ of: row.tag, ...row })),
  ]
  return `${table(columns, rows)}\n\nLately is since ${instant(since)}, ${counted(days, 'day')} ago.`
}
