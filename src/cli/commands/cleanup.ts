import { type Command, Option } from 'commander'
import { type Act, actor, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption, whole } from '../options.ts'
import { createProgress } from '../progress.ts'
import { count, counted, table } from '../text.ts'

interface CleanupOptions extends JsonOption {
  readonly source?: number
  readonly provisionalDays?: number
  readonly dryRun?: boolean
}

export function cleanupCommand(program: Command, act: Act): void {
  program
    .command('cleanup')
    .summary('remove rows that belong to nothing')
    .description(
      'Removes what belongs to nothing: parts of assets and findings that are missing, assets that only a finding had named, ' +
        'lists of sweeps that have ended. With --source, everything that a removed source brought.',
    )
    .addOption(
      new Option('--source <id>', 'a source that was removed a week ago or longer: all of its rows go').argParser(
        whole(1, 2_147_483_647),
      ),
    )
    .addOption(
      new Option(
        '--provisional-days <days>',
        'how long an asset that only a finding had named may wait (90)',
      ).argParser(whole(1, 36_500)),
    )
    .option('--dry-run', 'count what would go, and change nothing')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample: tenfold cleanup --dry-run')
    .action(act(cleanup))
}

function cleanup(context: Context, options: CleanupOptions): Promise<ExitCode> {
  const { output, signal } = context
  const isDryRun = options.dryRun === true
  return withHub(context, {}, async hub => {
    const progress = createProgress(output)
    const work = { kind: 'cleanup', sourceId: options.source, provisionalDays: options.provisionalDays } as const
    const kinds = await hub.maintenance.perform(work, {
      ...{ actor: actor(), isDryRun, signal },
      onProgress: (step, done, total) => progress.show([{ label: 'cleanup', done, total, text: step }]),
    })
    progress.end()
    const rows = kinds.reduce((sum, one) => sum + one.rows, 0)
    output.answer({ dry_run: isDryRun, rows, kinds }, () =>
      [
        table<(typeof kinds)[number]>(
          [
            { title: 'Rows', align: 'right', value: row => count(row.rows) },
            { title: 'What', value: row => row.about },
          ],
          kinds,
        ),
        isDryRun ? `${counted(rows, 'row')} would go. Nothing was changed.` : `${counted(rows, 'row')} went.`,
      ].join('\n'),
    )
    return exitCodes.done
  })
}
