import type { Command } from 'commander'
import { ConfigError } from '../../platform/errors.ts'
import { type Act, actor, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption } from '../options.ts'
import { count, instant, size, table } from '../text.ts'

export function retentionCommand(program: Command, act: Act): void {
  const command = program
    .command('retention')
    .summary('for how long each class of data stays in the database')
    .description(
      'A server archives once a day what is older than its class stays. Without a rule everything stays for ever.',
    )
  command
    .command('list', { isDefault: true })
    .description('Shows the classes: how long they stay, how much there is, how old it is.')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample: tenfold retention')
    .action(act(list))
  command
    .command('set')
    .description('Changes for how long a class stays: a number of days, or forever.')
    .argument('<class>', 'its name')
    .argument('<age>', 'such as 730d, or forever')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample: tenfold retention set finding_event 730d')
    .action(act(set))
}

function list(context: Context, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const overview = await hub.maintenance.overview()
    context.output.answer(overview, () =>
      [
        table<(typeof overview.classes)[number]>(
          [
            { title: 'Class', value: row => row.class },
            { title: 'Stays', align: 'right', value: row => age(row.keep_days) },
            { title: 'Rows', align: 'right', value: row => count(row.estimated_rows) },
            { title: 'Size', align: 'right', value: row => size(row.bytes) },
            { title: 'Oldest', value: row => instant(row.oldest_at) },
            { title: 'Archived', align: 'right', value: row => count(row.archived_rows) },
          ],
          overview.classes,
        ),
        ...overview.kept_for_ever.map(one => `${one.class} stays for ever: ${one.reason}.`),
        `The archive is ${overview.archive_folder}.`,
      ].join('\n'),
    )
    return exitCodes.done
  })
}

function set(context: Context, name: string, text: string, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const rules = await hub.maintenance.setRetention(name, parseAge(text), actor())
    const rule = rules.find(one => one.class === name)
    context.output.answer({ items: rules }, () => `${name} stays: ${age(rule?.keep_days ?? null)}.`)
    return exitCodes.done
  })
}

function age(days: number | null): string {
  return days === null ? 'for ever' : `${days} days`
}

function parseAge(text: string): number | null {
  if (/^for-?ever$/i.test(text)) return null
  const value = /^(\d{1,6})d?$/.exec(text)?.[1]
  if (value !== undefined) return Number(value)
  throw new ConfigError('bad_retention', `${text} is no age: give a number of days such as 730d, or forever.`)
}
