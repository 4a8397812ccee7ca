import { type Command, InvalidArgumentError, Option } from 'commander'
import { type ArchiveClass, archiveClasses } from '../../domain/archive-class.ts'
import { ConfigError } from '../../platform/errors.ts'
import { type Act, actor, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption, listOf } from '../options.ts'
import { createProgress } from '../progress.ts'
import { count, counted, instant, size, table } from '../text.ts'

interface ArchiveOptions extends JsonOption {
  readonly class?: readonly ArchiveClass[]
  readonly olderThan?: number
  readonly dryRun?: boolean
}

interface RestoreOptions extends JsonOption {
  readonly class?: ArchiveClass
  readonly month?: string
  readonly all?: boolean
  readonly dryRun?: boolean
}

export function archiveCommand(program: Command, act: Act): void {
  const command = program
    .command('archive')
    .summary('write old rows to Parquet files and take them out of the database, or put them back')
    .description(
      'Old rows go to files in TENFOLD_ARCHIVE_DIR, one for each class and month, and leave the database only when the file ' +
        'was read back equal. The present, the last state of everything and the totals of every day always stay.',
    )
  command
    .command('run', { isDefault: true })
    .description('Archives what is old by the rules of "tenfold retention", or by an age that you give.')
    .addOption(new Option('--class <list>', `only of ${archiveClasses.join(', ')}`).argParser(listOf(archiveClasses)))
    .addOption(new Option('--older-than <days>', 'an age such as 400d, instead of the rules’').argParser(days))
    .option('--dry-run', 'count what would go, and change nothing')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample: tenfold archive --class finding_event --older-than 400d --dry-run')
    .action(act(run))
  command
    .command('list')
    .description('Lists the files of the archive.')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample: tenfold archive list --json')
    .action(act(list))
  command
    .command('restore')
    .description('Puts the rows of a file, of a class or of a month back into the database. The files stay.')
    .argument('[file]', 'its name, as "tenfold archive list" shows it')
    .addOption(new Option('--class <class>', 'every file of a class').choices(archiveClasses))
    .addOption(new Option('--month <month>', 'of one month, such as 2025-03').argParser(month))
    .option('--all', 'every file')
    .option('--dry-run', 'check the files, and change nothing')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample: tenfold archive restore --class finding_event --month 2025-03')
    .action(act(restore))
}

/** `400d`, or `400`. */
export function days(text: string): number {
  const value = Number(/^(\d{1,6})d?$/.exec(text)?.[1] ?? Number.NaN)
  if (Number.isNaN(value) || value < 30 || value > 36_500)
    throw new InvalidArgumentError('It must be a number of days from 30 to 36500, such as 400d.')
  return value
}

function month(text: string): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) throw new InvalidArgumentError('It must be a month, such as 2025-03.')
  return `${text}-01`
}

function run(context: Context, options: ArchiveOptions): Promise<ExitCode> {
  const { output, signal } = context
  const isDryRun = options.dryRun === true
  return withHub(context, {}, async hub => {
    const progress = createProgress(output)
    const work = { kind: 'archive', class: options.class, olderThanDays: options.olderThan } as const
    const months = await hub.maintenance.perform(work, {
      ...{ actor: actor(), isDryRun, signal },
      onProgress: (step, done, total) => progress.show([{ label: 'archive', done, total, text: step }]),
    })
    progress.end()
    const rows = months.reduce((sum, one) => sum + one.rows, 0)
    output.answer({ dry_run: isDryRun, rows, months }, () =>
      months.length === 0
        ? 'Nothing is old enough.'
        : [
            table<(typeof months)[number]>(
              [
                { title: 'Class', value: row => row.class },
                { title: 'Month', value: row => row.month.slice(0, 7) },
                { title: 'Rows', align: 'right', value: row => count(row.rows) },
                { title: 'File', value: row => row.file_name },
                {
                  title: 'Size',
                  align: 'right',
                  value: row => (row.file_bytes === null ? null : size(row.file_bytes)),
                },
              ],
              months,
            ),
            isDryRun
              ? `${counted(rows, 'row')} would go to the archive. Nothing was changed.`
              : `${counted(rows, 'row')} went to the archive.`,
          ].join('\n'),
    )
    return exitCodes.done
  })
}

function list(context: Context, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const files = await hub.maintenance.files()
    context.output.answer({ items: files }, () =>
      files.length === 0
        ? 'The archive is empty.'
        : table<(typeof files)[number]>(
            [
              { title: 'File', value: row => row.file_name },
              { title: 'Status', value: row => row.status },
              { title: 'Rows', align: 'right', value: row => count(row.row_count) },
              { title: 'Size', align: 'right', value: row => size(row.file_bytes) },
              { title: 'From', value: row => instant(row.first_at) },
              { title: 'To', value: row => instant(row.last_at) },
            ],
            files,
          ),
    )
    return exitCodes.done
  })
}

function restore(context: Context, file: string | undefined, options: RestoreOptions): Promise<ExitCode> {
  const { output, signal } = context
  const isDryRun = options.dryRun === true
  if (file === undefined && options.class === undefined && options.month === undefined && !options.all)
    throw new ConfigError('archive_file_needed', 'Name a file, --class, --month, or --all for everything.')
  return withHub(context, {}, async hub => {
    const progress = createProgress(output)
    const work = { kind: 'restore', class: options.class, month: options.month, file } as const
    const files = await hub.maintenance.perform(work, {
      ...{ actor: actor(), isDryRun, signal },
      onProgress: (step, done, total) => progress.show([{ label: 'restore', done, total, text: step }]),
    })
    progress.end()
    const returned = files.reduce((sum, one) => sum + one.returned, 0)
    output.answer({ dry_run: isDryRun, rows: returned, files }, () =>
      [
        ...files.map(one => `${one.file_name}: ${count(one.returned)} of ${counted(one.rows, 'row')}${leftOut(one)}.`),
        isDryRun
          ? `${counted(returned, 'row')} would come back. Nothing was changed.`
          : `${counted(returned, 'row')} came back.`,
      ].join('\n'),
    )
    return exitCodes.done
  })
}

function leftOut({ left_out }: { readonly left_out: number }): string {
  return left_out === 0 ? '' : `, ${count(left_out)} left out: what they belonged to is here no more`
}
