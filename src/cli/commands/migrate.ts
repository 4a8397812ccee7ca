import type { Command } from 'commander'
import { type Act, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption } from '../options.ts'
import { counted } from '../text.ts'

export function migrateCommand(program: Command, act: Act): void {
  program
    .command('migrate')
    .summary('bring the database schema up to this version')
    .description(
      'Brings the database schema up to this version, forward only. Every other command does the same first.',
    )
    .addOption(jsonOption())
    .action(act(migrate))
}

function migrate(context: Context, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async ({ schema }) => {
    context.output.answer({ schema_version: schema.version, applied: schema.applied }, () =>
      schema.applied.length === 0
        ? `The schema is at version ${schema.version}; there was nothing to do.`
        : `${counted(schema.applied.length, 'migration')} applied; the schema is at version ${schema.version}.`,
    )
    return exitCodes.done
  })
}
