import type { Command } from 'commander'
import type { BackupKind } from '../../hub.ts'
import { type Act, actor, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption } from '../options.ts'
import { createProgress } from '../progress.ts'
import { counted, size } from '../text.ts'

interface BackupOptions extends JsonOption {
  readonly state?: boolean
}

export function backupCommand(program: Command, act: Act): void {
  program
    .command('backup')
    .summary('write the whole database, at one instant, to a file')
    .description(
      'Writes the whole database as it is at one instant to a file, while syncs go on. "tenfold restore" puts it into an ' +
        'empty database, of another version of PostgreSQL too. The file has everything that is known of your estate, and ' +
        'is readable for this user alone.',
    )
    .argument('<file>', 'where to; it is there only when it is whole')
    .option('--state', 'only sources, schedules, the ledger and the audit trail, without assets, findings and plugins')
    .addOption(jsonOption())
    .addHelpText('after', keyNote)
    .action(act(backup))
}

const keyNote = `
Keys of sources are in it as they are stored, sealed. The key that seals them is not: keep a copy of
TENABLE_ENCRYPTION_KEY, or of encryption.key in the data folder, in another place than the backup.`

function backup(context: Context, file: string, options: BackupOptions): Promise<ExitCode> {
  const { output, signal } = context
  const kind: BackupKind = options.state ? 'state' : 'full'
  return withHub(context, {}, async hub => {
    const progress = createProgress(output)
    const { manifest, tables, fileBytes } = await hub.upkeep.backup(file, kind, actor(), {
      signal,
      onProgress: ({ table, tablesDone, tablesTotal, bytes }) =>
        progress.show([{ label: 'backup', done: tablesDone, total: tablesTotal, text: `${table}, ${size(bytes)}` }]),
    })
    progress.end()
    const rows = tables.reduce((sum, table) => sum + table.rows, 0)
    const value = {
      file,
      kind,
      taken_at: manifest.takenAt,
      schema_version: manifest.schemaVersion,
      sealed_with: manifest.sealedWith,
      file_bytes: fileBytes,
      rows,
      tables,
    }
    output.answer(value, () =>
      [
        `${file}: ${counted(rows, 'row')} of ${counted(tables.length, 'table')}, ${size(fileBytes)}, as of ${manifest.takenAt}.`,
        ...(manifest.sealedWith.length === 0
          ? []
          : [
              `Keys of sources in it are sealed with key ${manifest.sealedWith.join(', ')}, which is not in it: ${hub.sealing.origin}. Keep a copy of that elsewhere.`,
            ]),
      ].join('\n'),
    )
    return exitCodes.done
  })
}
