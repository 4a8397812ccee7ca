import { type Command, Option } from 'commander'
import { type Severity, severities } from '../../domain/severity.ts'
import type { Imports, ImportTerms, ImportView, RejectedFileRow } from '../../hub/imports.ts'
import { type Act, actor, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption, listOf, whole } from '../options.ts'
import { createProgress, type Progress } from '../progress.ts'
import { count, counted, instant, pairs, plain, size, table } from '../text.ts'

interface ImportOptions extends JsonOption {
  readonly source?: string
  readonly scope: 'nothing' | 'hosts' | 'estate'
  readonly severity?: readonly Severity[]
  readonly observedAt?: string
  readonly timeZone?: string
  readonly dateOrder?: 'day-first' | 'month-first'
  readonly state?: 'open' | 'fixed'
  readonly apply?: boolean
}

export function importCommand(program: Command, act: Act): void {
  const command = program
    .command('import')
    .summary('bring findings in from CSV and .nessus files, or from HexTrackr')
    .description(
      'Reads CSV exports of Tenable VM, Security Center and Nessus, .nessus files, and HexTrackr’s database or backups, ' +
        'packed or not. Says what they would change; with --apply changes it. A file closes nothing unless you say what it shows wholly.',
    )
  command
    .command('file', { isDefault: true })
    .description('Reads files and says what each would change, or changes it.')
    .argument('<file...>', 'in the order of their dates')
    .option('--source <name>', 'the source of files that they go to; a new name makes one')
    .addOption(
      new Option('--scope <what>', 'what each file shows wholly: what is not in it closes')
        .choices(['nothing', 'hosts', 'estate'])
        .default('nothing'),
    )
    .addOption(new Option('--severity <list>', 'only these were exported').argParser(listOf(severities)))
    .option('--observed-at <instant>', 'when the findings were true, if the file does not say')
    .option('--time-zone <zone>', 'of times that name none: +02:00 or Europe/Berlin')
    .addOption(new Option('--date-order <order>', 'how 3/4/2026 is meant').choices(['day-first', 'month-first']))
    .addOption(new Option('--state <state>', 'of an export without one').choices(['open', 'fixed']))
    .option('--apply', 'apply each file at once')
    .option('--preview', 'only say what would change; it waits to be applied (the default)')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample: tenfold import weekly-2026-11-23.csv --scope estate --apply')
    .action(act(importFiles))
  command.command('list').description('Lists the latest imports.').addOption(jsonOption()).action(act(list))
  command
    .command('apply')
    .description('Applies an import that was previewed.')
    .argument('<id>', 'of the import', whole(1, Number.MAX_SAFE_INTEGER))
    .addOption(jsonOption())
    .action(act((context, id: number, _options: JsonOption) => step(context, id, 'apply')))
  command
    .command('undo')
    .description('Takes an import back where nothing has happened since, and lists the rest.')
    .argument('<id>', 'of the import', whole(1, Number.MAX_SAFE_INTEGER))
    .addOption(jsonOption())
    .action(act((context, id: number, _options: JsonOption) => step(context, id, 'undo')))
  command
    .command('abandon')
    .description('Drops an import that was not applied.')
    .argument('<id>', 'of the import', whole(1, Number.MAX_SAFE_INTEGER))
    .addOption(jsonOption())
    .action(act((context, id: number, _options: JsonOption) => step(context, id, 'abandon')))
}

async function importFiles(context: Context, files: readonly string[], options: ImportOptions): Promise<ExitCode> {
  return withHub(context, {}, async ({ imports }) => {
    const views: ImportView[] = []
    const told: string[] = []
    const progress = createProgress(context.output)
    for (const file of files) {
      const id = await imports.add(file, options.source, termsOf(options), actor())
      let view = await follow(context, imports, id, progress)
      if (options.apply && view.status === 'ready') {
        await imports.apply(view, actor())
        view = await follow(context, imports, id, progress)
      }
      views.push(view)
      told.push(describe(view, await rejectedOf(imports, view)))
      // A later file must not be taken for what came before one that failed.
      if (view.status === 'failed') break
    }
    progress.end()
    context.output.answer({ imports: views }, () => told.join('\n\n'))
    return exitOf(views, files.length)
  })
}

function termsOf(options: ImportOptions): ImportTerms {
  return {
    covers: options.scope,
    severities: options.severity,
    observed_at: options.observedAt,
    time_zone: options.timeZone,
    date_order: options.dateOrder,
    state: options.state,
  }
}

async function follow({ signal }: Context, imports: Imports, id: number, progress: Progress): Promise<ImportView> {
  for (;;) {
    const view = await imports.settle(id, 500)
    progress.show([
      { label: view.file_name, done: 0, total: null, text: `${view.status}, ${counted(view.rows_read, 'row')}` },
    ])
    if (!['received', 'reading', 'applying', 'undoing'].includes(view.status)) return view
    signal.throwIfAborted()
  }
}

async function step(context: Context, id: number, what: 'apply' | 'undo' | 'abandon'): Promise<ExitCode> {
  return withHub(context, {}, async ({ imports }) => {
    if (what === 'apply') await imports.apply(await imports.settle(id, 0), actor())
    else await imports[what](id, actor())
    const progress = createProgress(context.output)
    const view = await follow(context, imports, id, progress)
    progress.end()
    const rejected = await rejectedOf(imports, view)
    const kept = what === 'undo' ? await imports.rows(id, { undo: 'kept' }, 100) : []
    context.output.answer({ ...view, kept }, () =>
      [
        describe(view, rejected),
        ...kept.map(row => `  kept: ${row.asset}, plugin ${row.plugin_id}, ${row.port}/${row.protocol}: changed since`),
      ].join('\n'),
    )
    return exitOf([view], 1)
  })
}

async function list(context: Context, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async ({ imports }) => {
    const items = await imports.list(50)
    context.output.answer({ items }, () =>
      items.length === 0
        ? 'Nothing was imported yet.'
        : table<ImportView>(
            [
              { title: 'id', align: 'right', value: item => String(item.id) },
              { title: 'file', value: item => item.file_name },
              { title: 'source', value: item => item.source },
              { title: 'status', value: item => item.status },
              { title: 'speaks for', value: item => instant(item.observed_at) },
              { title: 'rows', align: 'right', value: item => count(item.rows_read) },
            ],
            items,
          ),
    )
    return exitCodes.done
  })
}

const rejectedShown = 5

async function rejectedOf(imports: Imports, view: ImportView): Promise<readonly RejectedFileRow[]> {
  return view.numbers?.rejected ? imports.rejected(view.id, rejectedShown) : []
}

function describe(view: ImportView, rejected: readonly RejectedFileRow[]): string {
  const { numbers } = view
  const opened = numbers && numbers.open + numbers.return + numbers.reopen
  const closed = numbers && numbers.close + numbers.absent + numbers.gone
  return [
    `Import ${view.id}: ${view.file_name} (${size(view.size_bytes)}) is ${view.status}.`,
    pairs([
      ...(view.error_message === null ? [] : [['problem', view.error_message] as const]),
      ...(view.format === null
        ? []
        : [['kind', view.format] as const, ['speaks for', instant(view.observed_at)] as const]),
      ...(numbers
        ? ([
            ['opens', count(opened ?? 0)],
            ['closes', count(closed ?? 0)],
            ['changes', count(numbers.change)],
            ['seen again', count(numbers.update)],
            ['the same', count(numbers.same)],
            ['older', count(numbers.older)],
            ['rejected', count(numbers.rejected)],
          ] as const)
        : []),
      ...(view.undo ? [['taken back', `${count(view.undo.reverted)}, kept ${count(view.undo.kept)}`] as const] : []),
      ...(view.closes_nothing_because === null ? [] : [['closes nothing', view.closes_nothing_because] as const]),
      ...pastLines(view),
      ...view.confidence.map(
        ({ fact, mark, findings, why }) =>
          [`${fact.replace('_', ' ')}`, `${mark}, ${counted(findings, 'finding')}: ${why}`] as const,
      ),
      ...view.notes.map(note => ['note', note] as const),
    ]),
    ...rejected.map(({ row_number: row, reason }) => `  row ${row} is rejected: ${plain(reason)}`),
    ...(rejected.length > 0 && view.numbers!.rejected > rejected.length
      ? [`  and ${count(view.numbers!.rejected - rejected.length)} more, on /imports`]
      : []),
    ...(view.status === 'ready' ? [`Apply it with "tenfold import apply ${view.id}".`] : []),
  ].join('\n')
}

function pastLines({ past }: ImportView): (readonly [string, string])[] {
  if (past === null) return []
  const snapshots = past.snapshots.map(({ day, findings }) => `${day} (${count(findings)})`).join(', ')
  return [
    [
      'totals',
      past.total_days === 0
        ? 'none'
        : `${counted(past.total_days, 'day')}, ${past.first_day} to ${past.last_day}, as they are`,
    ],
    ['snapshots', snapshots === '' ? 'none' : snapshots],
  ]
}

function exitOf(views: readonly ImportView[], wanted: number): ExitCode {
  const isBad = (view: ImportView) => view.status === 'failed' || view.error_code !== null
  if (views.some(isBad)) return views.every(isBad) ? exitCodes.failed : exitCodes.partial
  return views.length < wanted || views.some(view => (view.numbers?.rejected ?? 0) > 0)
    ? exitCodes.partial
    : exitCodes.done
}
