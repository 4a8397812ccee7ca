import { readFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { z } from 'zod'
import { type GroupCount, GroupRuleInput, type GroupRulePreview, type GroupRuleView } from '../../contract/groups.ts'
import { ConfigError, messageOf } from '../../platform/errors.ts'
import { type Act, actor, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption, moment, whole } from '../options.ts'
import { count, counted, instant, plain, table } from '../text.ts'

interface FileOption extends JsonOption {
  readonly file: string
}

interface PreviewOptions extends JsonOption {
  readonly file?: string
  readonly replaces?: number
}

interface OwnerOptions extends JsonOption {
  readonly set?: string
  readonly clear?: boolean
  readonly asOf?: string
}

const ruleId = whole(1, 2_147_483_647)
const example = `
A rule is a JSON file:
  {"name": "Web servers", "priority": 10, "conditions": {"tag": ["Env:Prod"], "name": ["web-*"]},
   "owner": "web@example.com", "criticality": "high", "group": "Web"}
Conditions are tag, network, os, name, cidr and source_id: of each one must hold, of all that are there each.
Example: tenfold groups preview --file rule.json`

export function groupsCommand(program: Command, act: Act): void {
  const command = program
    .command('groups')
    .summary('owners and groups of assets, and the rules that give them')
    .description(
      'Rules give assets an owner, a criticality and groups. Of the rules that an asset meets the first decides owner and ' +
        'criticality, groups add up; an owner that a person gave stands before all of them.',
    )
    .addHelpText('after', example)
  const sub = (name: string, about: string) => command.command(name).description(about).addOption(jsonOption())
  command
    .command('list', { isDefault: true })
    .description('Lists owners and groups with their assets and open findings.')
    .addOption(jsonOption())
    .action(act(list))
  sub('rules', 'Lists the rules, the first that goes first.').action(act(rules))
  sub('preview', 'Shows what a rule would change; writes nothing.')
    .option('--file <path>', 'the rule; without it the one replaced is taken away')
    .addOption(new Option('--replaces <id>', 'the rule in whose place it would be').argParser(ruleId))
    .addHelpText('after', example)
    .action(act(preview))
  sub('add', 'Adds a rule and follows it.').requiredOption('--file <path>', 'the rule').action(act(add))
  sub('change', 'Puts another rule in the place of one, and follows it.')
    .argument('<id>', 'the rule', ruleId)
    .requiredOption('--file <path>', 'the new rule')
    .action(act(change))
  sub('remove', 'Removes a rule.').argument('<id>', 'the rule', ruleId).action(act(remove))
  sub('owner', 'Shows whose an asset is and was; gives it an owner.')
    .argument('<asset>', 'our id, or the vendor’s')
    .option('--set <owner>', 'this owner, whatever the rules say')
    .option('--clear', 'as the rules say')
    .addOption(new Option('--as-of <date>', 'as it was then').argParser(moment))
    .action(act(owner))
}

function list(context: Context, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const groups = await hub.groups.overview()
    context.output.answer(groups, () => [counts('Owner', groups.owners), '', counts('Group', groups.groups)].join('\n'))
    return exitCodes.done
  })
}

function rules(context: Context, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const items = await hub.groups.rules()
    context.output.answer({ items }, () => (items.length === 0 ? 'There are no rules.' : rulesTable(items)))
    return exitCodes.done
  })
}

async function preview(context: Context, { file, replaces }: PreviewOptions): Promise<ExitCode> {
  if (file === undefined && replaces === undefined) {
    throw new ConfigError('bad_usage', 'Give --file, --replaces, or both.')
  }
  const rule = file === undefined ? undefined : await readRule(file)
  return withHub(context, {}, async hub => {
    const found = await hub.groups.preview({ rule, replaces })
    context.output.answer(found, () => describe(found))
    return exitCodes.done
  })
}

async function add(context: Context, { file }: FileOption): Promise<ExitCode> {
  const rule = await readRule(file)
  return withHub(context, {}, async hub => {
    const changed = await hub.groups.add(rule, actor())
    context.output.answer(changed, () => `Rule ${changed.rule.id} is added; ${effect(changed.assets_changed)}.`)
    return exitCodes.done
  })
}

async function change(context: Context, id: number, { file }: FileOption): Promise<ExitCode> {
  const rule = await readRule(file)
  return withHub(context, {}, async hub => {
    const changed = await hub.groups.change(id, rule, actor())
    context.output.answer(changed, () => `Rule ${id} is changed; ${effect(changed.assets_changed)}.`)
    return exitCodes.done
  })
}

function remove(context: Context, id: number, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const changed = await hub.groups.remove(id, actor())
    context.output.answer(changed, () => `Rule ${id} is removed; ${effect(changed.assets_changed)}.`)
    return exitCodes.done
  })
}

function owner(context: Context, asset: string, { set, clear, asOf }: OwnerOptions): Promise<ExitCode> {
  const isChange = set !== undefined || clear === true
  if ((set !== undefined && clear) || (isChange && asOf !== undefined) || set?.trim() === '') {
    throw new ConfigError('bad_usage', 'Give one of --set with an owner, --clear and --as-of.')
  }
  return withHub(context, {}, async hub => {
    const found = isChange
      ? await hub.groups.setOwner(asset, set?.trim() ?? null, actor())
      : await hub.groups.owner(asset, asOf)
    context.output.answer(found, () => {
      const by = found.is_owner_set ? ' (given by a person)' : ''
      return [
        `Owner: ${plain(found.owner ?? 'nobody')}${by}. Groups: ${plain(found.groups.join(', ') || 'none')}.`,
        ...found.history.map(
          one =>
            `  ${instant(one.recorded_at)}  ${plain(one.owner ?? 'nobody')}; ${plain(one.groups.join(', '))} (${one.cause})`,
        ),
      ].join('\n')
    })
    return exitCodes.done
  })
}

/** @throws ConfigError `bad_group_rule` */
async function readRule(file: string): Promise<GroupRuleInput> {
  const refuse = (why: string, cause?: unknown) =>
    new ConfigError('bad_group_rule', `${file} ${why}`, cause === undefined ? {} : { cause })
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw refuse(`cannot be read: ${messageOf(cause)}.`, cause)
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw refuse(`is not JSON: ${messageOf(cause)}.`, cause)
  }
  const parsed = GroupRuleInput.safeParse(value)
  if (!parsed.success) throw refuse(`is not a rule:\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}

function effect(assets: number): string {
  return `${counted(assets, 'asset')} changed`
}

function counts(title: string, rows: readonly GroupCount[]): string {
  return table<GroupCount>(
    [
      { title, maxWidth: 48, value: row => row.name ?? 'none' },
      { title: 'Assets', align: 'right', value: row => count(row.assets) },
      { title: 'Open findings', align: 'right', value: row => count(row.open_findings) },
      { title: 'Critical', align: 'right', value: row => count(row.open.critical) },
      { title: 'High', align: 'right', value: row => count(row.open.high) },
    ],
    rows,
  )
}

function rulesTable(items: readonly GroupRuleView[]): string {
  return table<GroupRuleView>(
    [
      { title: 'Id', align: 'right', value: row => String(row.id) },
      { title: 'Priority', align: 'right', value: row => String(row.priority) },
      { title: 'Name', maxWidth: 32, value: row => row.name },
      { title: 'Holds', value: row => (row.holds_today ? 'yes' : 'no') },
      { title: 'Conditions', maxWidth: 60, value: row => JSON.stringify(row.conditions) },
      { title: 'Owner', maxWidth: 32, value: row => row.owner },
      { title: 'Criticality', value: row => row.criticality },
      { title: 'Group', maxWidth: 32, value: row => row.group },
    ],
    items,
  )
}

function describe(found: GroupRulePreview): string {
  const side = ({ owner, criticality, groups }: GroupRulePreview['sample'][number]['before']) =>
    [owner ?? 'nobody', criticality, groups.join(', ')].filter(Boolean).join('; ')
  const rows = table<GroupRulePreview['sample'][number]>(
    [
      { title: 'Asset', maxWidth: 44, value: row => row.name },
      { title: 'Before', maxWidth: 48, value: row => side(row.before) },
      { title: 'After', maxWidth: 48, value: row => side(row.after) },
    ],
    found.sample,
  )
  return [
    `${counted(found.matched, 'asset')} met; ${count(found.changed)} would change: owner of ${count(found.owner_changed)}, criticality of ${count(found.criticality_changed)}, groups of ${count(found.groups_changed)}.`,
    ...(found.sample.length === 0 ? [] : ['', rows]),
  ].join('\n')
}
