import type { Command } from 'commander'
import { ComplianceFilter, ComplianceSort } from '../../contract/compliance.ts'
import type { Act, Context } from '../context.ts'
import type { ExitCode } from '../exit.ts'
import { addFilterOptions, type Choice, type FilterOption, filterOf } from '../filter-options.ts'
import { addListOptions, type ListOptions, list } from '../list.ts'
import { instant } from '../text.ts'

const filterOptions: readonly FilterOption[] = [
  { flag: '--search <text>', about: 'part of a check’s name, an audit file or a reference', key: 'q' },
  { flag: '--source <name|id>', about: 'only of this source', key: 'source_id' },
  { flag: '--state <list>', about: 'passed, failed, warning, skipped, error, unknown', key: 'state' },
  { flag: '--audit-file <name>', about: 'only of this audit file', key: 'audit_file' },
  { flag: '--asset <id>', about: 'only on this asset', key: 'asset_id' },
  { flag: '--tag <key:value>', about: 'on assets tagged so; several must all be there', key: 'tag' },
  { flag: '--framework <name>', about: 'of checks that refer to it, for example 800-53', key: 'framework' },
  {
    flag: '--include <list>',
    about: 'what the default count leaves out: ended, unlicensed, untracked, gone, all',
    key: 'include',
  },
]

const complianceChoice = {
  schema: ComplianceFilter,
  options: filterOptions,
  fields: [],
} satisfies Choice<typeof ComplianceFilter>

interface ComplianceOptions extends ListOptions {
  readonly byCheck?: boolean
}

export function complianceCommand(program: Command, act: Act): void {
  const command = program
    .command('compliance')
    .summary('list compliance results, or checks')
    .description('Lists what the checks of audit files found on each asset, seen last first.')
    .option('--by-check', 'instead one row for each check, those that fail most first')
    .addHelpText('after', '\nExample:\n  tenfold compliance --by-check --framework 800-53 --limit 20')
  addFilterOptions(command, complianceChoice)
  addListOptions(command, '-last_seen').action(act(compliance))
}

const filterIn = (given: object) => filterOf(complianceChoice, given)

function compliance(context: Context, options: ComplianceOptions): Promise<ExitCode> {
  if (options.byCheck) return checks(context, options)
  return list(context, options, {
    noun: 'result',
    sort: ComplianceSort,
    filter: filterIn,
    page: (hub, filter, request) => hub.read.compliance({ ...request, filter }),
    columns: [
      { title: 'State', value: row => row.state },
      { title: 'Check', maxWidth: 56, value: row => row.check.name },
      { title: 'Asset', maxWidth: 36, value: row => row.asset.name },
      { title: 'Audit file', maxWidth: 48, value: row => row.check.audit_file },
      { title: 'First seen', value: row => instant(row.first_seen) },
      { title: 'Last seen', value: row => instant(row.last_seen) },
    ],
  })
}

function checks(context: Context, options: ComplianceOptions): Promise<ExitCode> {
  return list(context, options, {
    noun: 'check',
    sort: ComplianceSort,
    filter: filterIn,
    page: (hub, filter, request) => hub.read.complianceChecks({ ...request, filter }),
    columns: [
      { title: 'Id', align: 'right', value: row => String(row.id) },
      { title: 'Failed', align: 'right', value: row => row.counts.failed },
      { title: 'Passed', align: 'right', value: row => row.counts.passed },
      { title: 'Warning', align: 'right', value: row => row.counts.warning },
      { title: 'Assets', align: 'right', value: row => row.assets },
      { title: 'Check', maxWidth: 64, value: row => row.name },
      { title: 'Audit file', maxWidth: 48, value: row => row.audit_file },
    ],
  })
}
