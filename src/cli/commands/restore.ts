import type { Command } from 'commander'
import { checkBackup, restoreInto } from '../../hub.ts'
import { type Act, actor, type Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption } from '../options.ts'
import { createProgress } from '../progress.ts'
import { counted, size } from '../text.ts'

interface RestoreOptions extends JsonOption {
  readonly check?: boolean
}

export function restoreCommand(program: Command, act: Act): void {
  program
    .command('restore')
    .summary('put a backup into an empty database')
    .description(
      'Puts a backup into an empty database: all of it or nothing. Every table is read back and compared with the backup; ' +
        'a backup of an older version is brought up to this one.',
    )
    .argument('<file>', 'what "tenfold backup" wrote')
    .option('--check', 'only read the file to its end and say whether it is whole; no database is touched')
    .addOption(jsonOption())
    .action(act(restore))
}

async function restore(context: Context, file: string, options: RestoreOptions): Promise<ExitCode> {
  const { output, signal } = context
  if (options.check) return check(context, file)
  const progress = createProgress(output)
  const notices = { onNotice: (text: string) => output.say(text), signal }
  const { manifest, tables, schemaVersion } = await restoreInto(notices, file, {
    actor: actor(),
    signal,
    onProgress: ({ table, tablesDone, tablesTotal, bytes }) =>
      progress.show([{ label: 'restore', done: tablesDone, total: tablesTotal, text: `${table}, ${size(bytes)}` }]),
  })
  progress.end()
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const { kind, takenAt, sealedWith } = manifest
  const value = { file, kind, taken_at: takenAt, schema_version: schemaVersion, sealed_with: sealedWith, rows, tables }
  output.answer(value, () =>
    [
      `${counted(rows, 'row')} of ${counted(tables.length, 'table')} are back as of ${takenAt}, equal to the backup; the schema is at version ${schemaVersion}.`,
      ...(kind === 'state' ? ['The backup was of the state alone: the next sync reads everything.'] : []),
      ...(sealedWith.length === 0
        ? []
        : [
            `Keys of sources are sealed with key ${sealedWith.join(', ')}. Before the next start set TENABLE_ENCRYPTION_KEY to it, or put its encryption.key into the data folder.`,
          ]),
    ].join('\n'),
  )
  return exitCodes.done
}

async function check({ output }: Context, file: string): Promise<ExitCode> {
  const { manifest, tables } = await checkBackup(file)
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const { kind, takenAt, schemaVersion, programVersion } = manifest
  const value = {
    file,
    kind,
    taken_at: takenAt,
    schema_version: schemaVersion,
    program_version: programVersion,
    rows,
    tables,
  }
  output.answer(
    value,
    () =>
      `${file} is whole: ${counted(rows, 'row')} of ${counted(tables.length, 'table')} as of ${takenAt}, schema ${schemaVersion}, written by Tenfold ${programVersion}.`,
  )
  return exitCodes.done
}
