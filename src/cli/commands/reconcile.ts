import { type Command, Option } from 'commander'
import {
  causeNames,
  type DifferenceCause,
  differenceCauses,
  explain,
  isOpenCause,
} from '../../domain/reconciliation/index.ts'
import type { ComparisonView, CutoverView, DifferenceRow, PairView, QualityField } from '../../hub/reconciliation.ts'
import type { Hub } from '../../hub.ts'
import { ConfigError } from '../../platform/errors.ts'
import { type Act, actor, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption, listOf, whole } from '../options.ts'
import { chooseSource } from '../sources.ts'
import { count, counted, duration, instant, pairs, plain, table } from '../text.ts'

interface CompareOptions extends JsonOption {
  readonly files?: string
  readonly api?: string
  readonly cause?: readonly DifferenceCause[]
  readonly limit: number
}

const anId = whole(1, Number.MAX_SAFE_INTEGER)

export function reconcileCommand(program: Command, act: Act): void {
  const command = program
    .command('reconcile')
    .summary('compare files with the API, and cut over from the one to the other')
    .description(
      'Compares what files say with what the API says, and names the cause of each difference with its evidence. When every ' +
        'one is explained, sign the cut-over: then the source of files takes no more, until it is undone or the API is out.',
    )
  command
    .command('compare', { isDefault: true })
    .description('Compares the files of a pair with its API source, now.')
    .option('--files <source>', 'the source of files; with --api it makes a pair of the two')
    .option('--api <source>', 'the API source that is to take its place')
    .addOption(new Option('--cause <list>', 'list the differences of these causes').argParser(listOf(differenceCauses)))
    .addOption(new Option('--limit <n>', 'differences listed').argParser(whole(1, 500)).default(50))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample: tenfold reconcile --files Files --api tenant --cause missing,unexplained\n\nExit codes: 0 every difference is explained, 1 failed, 2 bad usage, 3 some are not explained.',
    )
    .action(act(compare))
  command
    .command('counts')
    .description('Holds what the source counts of itself against the mirror.')
    .argument('<source>', 'its name or id')
    .addOption(jsonOption())
    .action(act(counts))
  command.command('list').description('Lists pairs and cut-overs.').addOption(jsonOption()).action(act(list))
  command
    .command('quality')
    .description('Says how complete and fresh each field of each source is.')
    .addOption(jsonOption())
    .action(act(quality))
  command
    .command('sign')
    .description('Signs the latest comparison of a pair: its source of files takes no more files.')
    .argument('<comparison>', 'its id, as compare says it', anId)
    .option('--accept <reason>', 'why differences that nothing explains are no hindrance')
    .addOption(jsonOption())
    .action(
      act((context, id: number, options: JsonOption & { readonly accept?: string }) =>
        change(context, ({ reconciliation }) => reconciliation.sign(id, options.accept ?? null, actor())),
      ),
    )
  command
    .command('reopen')
    .description('Lets files in again though the cut-over stands.')
    .argument('<cut-over>', 'its id', anId)
    .requiredOption('--reason <text>', 'why')
    .addOption(jsonOption())
    .action(
      act((context, id: number, { reason }: JsonOption & { readonly reason: string }) =>
        change(context, ({ reconciliation }) => reconciliation.reopen(id, reason, actor())),
      ),
    )
  command
    .command('close')
    .description('Takes no more files, after they were let in again.')
    .argument('<cut-over>', 'its id', anId)
    .addOption(jsonOption())
    .action(
      act((context, id: number, _options: JsonOption) =>
        change(context, ({ reconciliation }) => reconciliation.close(id, actor())),
      ),
    )
  command
    .command('undo')
    .description('Undoes a cut-over, and says whether all is as it was at the restore point.')
    .argument('<cut-over>', 'its id', anId)
    .requiredOption('--reason <text>', 'why')
    .option('--with-imports', 'take back the imports that came after the restore point')
    .addOption(jsonOption())
    .action(
      act((context, id: number, options: JsonOption & { readonly reason: string; readonly withImports?: boolean }) =>
        change(context, ({ reconciliation }) =>
          reconciliation.undo(id, { reason: options.reason, withImports: options.withImports === true }, actor()),
        ),
      ),
    )
}

function compare(context: Context, options: CompareOptions): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const pair = await pairOf(hub, options)
    const view = await hub.reconciliation.compare({ pairId: pair.id }, actor())
    const shown = options.cause
      ? await hub.reconciliation.differences(view.id, { cause: options.cause, level: ['finding'] }, options.limit)
      : undefined
    context.output.answer({ ...view, ...(shown ? { differences: shown.items.map(presentRow) } : {}) }, () =>
      [describe(view), ...(shown ? ['', rowsOf(shown.items)] : [])].join('\n'),
    )
    return exitOf(view)
  })
}

/** The pair that is meant; named by both of its sources it is made when there is none. */
async function pairOf(hub: Hub, { files, api }: CompareOptions): Promise<PairView> {
  if (files !== undefined && api !== undefined) {
    const [of, with_] = [await chooseSource(hub, files), await chooseSource(hub, api)]
    const known = (await hub.reconciliation.pairs()).find(
      pair => pair.files_source_id === of.id && pair.api_source_id === with_.id,
    )
    const pair = { filesSourceId: of.id, apiSourceId: with_.id, isAutomatic: true }
    return known ?? hub.reconciliation.declare(pair, actor())
  }
  const named = files ?? api
  const source = named === undefined ? undefined : await chooseSource(hub, named)
  const all = await hub.reconciliation.pairs()
  const meant = source
    ? all.filter(pair => pair.files_source_id === source.id || pair.api_source_id === source.id)
    : all
  if (meant.length === 1) return meant[0]!
  if (meant.length === 0) {
    throw new ConfigError('pair_not_found', 'There is no such pair. Name both with --files and --api to make one.')
  }
  const names = meant.map(pair => `${pair.files_source} and ${pair.api_source}`).join('; ')
  throw new ConfigError('several_sources', `There are several pairs: ${names}. Name one with --files.`)
}

function counts(context: Context, wanted: string, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const source = await chooseSource(hub, wanted)
    const view = await hub.reconciliation.compare({ sourceId: source.id }, actor())
    const { items } = await hub.reconciliation.differences(view.id, { level: ['count'] }, 100)
    context.output.answer({ ...view, differences: items.map(presentRow) }, () =>
      [describe(view), ...(items.length > 0 ? ['', rowsOf(items)] : [])].join('\n'),
    )
    return exitOf(view)
  })
}

function list(context: Context, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async ({ reconciliation }) => {
    const [all, cutovers] = [await reconciliation.pairs(), await reconciliation.cutovers()]
    context.output.answer({ pairs: all, cutovers }, () =>
      [
        all.length === 0
          ? 'No pair is declared. Name two sources: "tenfold reconcile --files Files --api tenant".'
          : table<PairView>(
              [
                { title: 'id', align: 'right', value: pair => String(pair.id) },
                { title: 'files', value: pair => pair.files_source },
                { title: 'API', value: pair => pair.api_source },
                { title: 'compared', value: pair => instant(pair.comparison?.finished_at) },
                { title: 'not explained', align: 'right', value: pair => String(pair.comparison?.totals?.open ?? '–') },
              ],
              all,
            ),
        ...cutovers.map(describeCutover),
      ].join('\n\n'),
    )
    return exitCodes.done
  })
}

function quality(context: Context, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async ({ reconciliation }) => {
    const items = await reconciliation.quality({ days: 30 })
    context.output.answer({ items }, () =>
      items.length === 0
        ? 'Nothing was counted yet; it is after the next sync or import.'
        : table<QualityField>(
            [
              { title: 'source', value: item => item.source },
              { title: 'of', value: item => item.subject },
              { title: 'field', value: item => item.field },
              { title: 'filled', align: 'right', value: item => shareOf(item) },
              { title: 'mean age', align: 'right', value: item => ageOf(item) },
            ],
            items,
          ),
    )
    return exitCodes.done
  })
}

function shareOf({ days }: QualityField): string {
  const last = days.at(-1)
  return last && last.rows > 0 ? `${((last.filled / last.rows) * 100).toFixed(1)} %` : '–'
}

function ageOf({ days }: QualityField): string {
  const hours = days.at(-1)?.mean_age_hours
  return hours === null || hours === undefined ? '–' : duration(hours * 3_600_000)
}

function change(context: Context, work: (hub: Hub) => Promise<CutoverView>): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const view = await work(hub)
    context.output.answer(view, () => describeCutover(view))
    return exitCodes.done
  })
}

interface Totals {
  readonly findings?: Readonly<Record<string, number>>
  readonly assets?: Readonly<Record<string, number>>
  readonly severities?: Readonly<Record<string, { readonly source: number; readonly mirror: number }>>
  readonly causes?: Readonly<Partial<Record<DifferenceCause, { readonly findings: number; readonly counts: number }>>>
  readonly open?: number
}

function describe(view: ComparisonView): string {
  if (view.status === 'failed') return `Comparison ${view.id} failed: ${view.error_message}`
  const { findings, assets, severities, causes = {}, open = 0 } = (view.totals ?? {}) as Totals
  const met = differenceCauses.flatMap(cause => {
    const one = causes[cause]
    const differing = (one?.findings ?? 0) + (one?.counts ?? 0)
    return differing === 0
      ? []
      : [[causeNames[cause], `${count(differing)}${isOpenCause(cause) ? '  (look at them)' : ''}`] as const]
  })
  return [
    view.kind === 'files'
      ? `Comparison ${view.id}: ${view.files_source} (speaks for ${instant(view.files_at)}) and ${view.api_source} (read up to ${instant(view.api_at)}).`
      : `Comparison ${view.id}: what ${view.api_source} counts of itself, and the mirror.`,
    pairs([
      ...(findings ? ([['agreed findings', count(findings.agreed ?? 0)]] as const) : []),
      ...(assets ? ([['assets of both', count(assets.both ?? 0)]] as const) : []),
      ...Object.entries(severities ?? {}).map(
        ([severity, one]) => [severity, `${count(one.source)} there, ${count(one.mirror)} here`] as const,
      ),
      ...met,
    ]),
    open === 0
      ? `Every difference is explained.${view.kind === 'files' ? ` Sign it with "tenfold reconcile sign ${view.id}".` : ''}`
      : `${counted(open, 'difference has', 'differences have')} no explanation: --cause missing,unexplained lists them.`,
  ].join('\n')
}

function presentRow(row: DifferenceRow) {
  return { ...row, cause_name: causeNames[row.cause], reason: explain(row.cause, row.evidence) }
}

function rowsOf(rows: readonly DifferenceRow[]): string {
  if (rows.length === 0) return 'No difference of these causes.'
  return table<DifferenceRow>(
    [
      { title: 'asset', value: row => plain(row.asset ?? '') },
      { title: 'plugin', align: 'right', value: row => String(row.plugin_id ?? '') },
      { title: 'port', value: row => (row.port === null ? '' : `${row.port}/${plain(row.protocol ?? '')}`) },
      { title: 'severity', value: row => row.severity ?? '' },
      { title: 'who', value: row => row.kind.replace('_', ' ') },
      { title: 'why', value: row => plain(explain(row.cause, row.evidence)) },
    ],
    rows,
  )
}

function describeCutover(view: CutoverView): string {
  const gate =
    view.status === 'undone'
      ? `undone by ${plain(view.undone_by ?? '')} on ${instant(view.undone_at)}: ${plain(view.undo_reason ?? '')}`
      : view.imports_open
        ? `files are taken: ${view.imports_open_because === 'outage' ? 'the API source gives nothing now' : plain(view.reopen_reason ?? '')}`
        : 'no files are taken'
  const { is_restored: isRestored } = (view.undo_numbers ?? {}) as { readonly is_restored?: boolean }
  return [
    `Cut-over ${view.id}: ${view.files_source} to ${view.api_source}, signed by ${plain(view.signed_by)} on ${instant(view.signed_at)}; ${gate}.`,
    ...(view.accepted_reason === null ? [] : [`Accepted: ${plain(view.accepted_reason)}`]),
    ...(isRestored === undefined
      ? []
      : [
          isRestored
            ? 'The files are as they were at the restore point.'
            : 'The files are not as they were at the restore point.',
        ]),
  ].join('\n')
}

function exitOf(view: ComparisonView): ExitCode {
  if (view.status === 'failed') return exitCodes.failed
  return ((view.totals ?? {}) as Totals).open === 0 ? exitCodes.done : exitCodes.partial
}
