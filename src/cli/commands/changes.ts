import { type Command, Option } from 'commander'
import { type Change, ChangeFilter, changeKinds } from '../../contract/changes.ts'
import { pluginName } from '../../domain/plugin-name.ts'
import { severities } from '../../domain/severity.ts'
import type { Hub } from '../../hub.ts'
import { type Act, type Context, withHub } from '../context.ts'
import { describeMoment } from '../describe-moment.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { addFilterOptions, type Choice, type FilterOption, filterOf, type WhereOption } from '../filter-options.ts'
import { sourceIds } from '../list.ts'
import { type JsonOption, jsonOption, whole } from '../options.ts'
import { counted, instant, pairs, table } from '../text.ts'

const options: readonly FilterOption[] = [
  { flag: '--from <date>', about: 'the first instant; a date is its first moment in UTC', key: 'from' },
  { flag: '--to <date>', about: 'up to here, exclusive', key: 'to' },
  { flag: '--source <name|id>', about: 'only of this source', key: 'source_id' },
  { flag: '--severity <list>', about: severities.join(', '), key: 'severity' },
  { flag: '--change <list>', about: `only rows of these: ${changeKinds.join(', ')}`, key: 'change' },
]

const changeChoice = { schema: ChangeFilter, options } satisfies Choice<typeof ChangeFilter>

interface ChangesOptions extends JsonOption, WhereOption {
  readonly limit: number
  readonly cursor?: string
  readonly source?: readonly string[]
}

export function changesCommand(program: Command, act: Act): void {
  const command = program
    .command('changes')
    .summary('what changed between two dates')
    .description(
      'Counts what was opened, fixed, resurfaced, made worse or less severe, ended and returned between two dates, and ' +
        'lists it, newest first. It counts every finding: what ends is mostly gone with its asset.',
    )
  addFilterOptions(command, changeChoice)
    .addOption(new Option('--limit <number>', 'rows at most').argParser(whole(0, 500)).default(50))
    .option('--cursor <text>', 'next_cursor of the page before, with the same filter')
    .addOption(jsonOption())
    .action(act(changes))
}

function changes(context: Context, given: ChangesOptions): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const filter = filterOf(changeChoice, { ...given, ...(await sourceIds(hub, given.source)) })
    const { limit, cursor } = given
    const answer = await hub.read.changes({ ...filter, limit, ...(cursor === undefined ? {} : { cursor }) })
    context.output.answer(answer, () => describe(answer))
    return exitCodes.done
  })
}

type Answer = Awaited<ReturnType<Hub['read']['changes']>>

function describe({ from, to, counts, ended_by_cause, mttr, items, history }: Answer): string {
  const causes = Object.entries(ended_by_cause).flatMap(([cause, n]) =>
    n > 0 ? [`${n} ${cause.replaceAll('_', ' ')}`] : [],
  )
  return [
    `From ${instant(from)} to ${instant(to)}`,
    pairs(changeKinds.map(kind => [kind, counts[kind]] as const)),
    ...(causes.length === 0 ? [] : [`  ended: ${causes.join(', ')}`]),
    ...(mttr.mean_days === null
      ? []
      : [`  ${counted(mttr.fixes, 'fix', 'fixes')} took ${mttr.mean_days.toFixed(1)} days on average, MTTR`]),
    ...(history.is_unknown || isReconstructed(history) ? [describeMoment(history)] : []),
    ...(items.length === 0 ? [] : ['', rows(items)]),
  ].join('\n')
}

function isReconstructed({ as_of, reconstructed_before }: Answer['history']): boolean {
  return as_of !== null && reconstructed_before !== null && Date.parse(as_of) < Date.parse(reconstructed_before)
}

function rows(items: readonly Change[]): string {
  return table<Change>(
    [
      { title: 'When', value: row => instant(row.happened_at) },
      {
        title: 'Change',
        value: row => (row.change === 'ended' ? `ended: ${row.cause.replaceAll('_', ' ')}` : row.change),
      },
      {
        title: 'Severity',
        value: row => (row.severity_before ? `${row.severity_before} → ${row.severity}` : row.severity),
      },
      { title: 'Plugin', align: 'right', value: row => String(row.plugin_id) },
      { title: 'Name', maxWidth: 56, value: row => pluginName(row.plugin_name, row.plugin_id) },
      { title: 'Asset', maxWidth: 36, value: row => row.asset_name },
    ],
    items,
  )
}
