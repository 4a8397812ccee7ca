import { type Command, Option } from 'commander'
import { tokenScopes } from '../../contract/accounts.ts'
import { type Role, roles } from '../../domain/role.ts'
import type { GrantInput, UserView } from '../../hub/accounts.ts'
import type { Hub } from '../../hub.ts'
import { ConfigError } from '../../platform/errors.ts'
import { addressOfLink, serverAddress } from '../account-links.ts'
import { type Act, actor, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { collect, type JsonOption, jsonOption, listOf, whole } from '../options.ts'

interface CreateOptions extends JsonOption {
  readonly role: Role
  readonly tenant?: string
  readonly source?: readonly string[]
  readonly tag?: readonly string[]
  readonly displayName?: string
}

interface TokenOptions extends JsonOption {
  readonly scope: readonly (typeof tokenScopes)[number][]
  readonly name: string
  readonly days: number
}

export function userCommand(program: Command, act: Act): void {
  const user = program
    .command('user')
    .summary('people who may sign in, and the way back in')
    .description(
      'The people who may sign in to the web page and the API. Whoever may run this command on this machine may make and ' +
        'change all of them: it is the way back in when a password is lost or the identity provider is away.',
    )
    .addHelpText('after', '\nExample:\n  tenfold user create alice --role admin')
  user
    .command('create <name>')
    .description('Makes an account, and prints a link, once, with which the person chooses a password.')
    .addOption(new Option('--role <role>', 'what the person may do').choices(roles).default('viewer'))
    .option('--tenant <name>', 'only there; every tenant when left out')
    .option('--source <name>', 'only this source; may be repeated', collect)
    .option('--tag <Key[:Value]>', 'only assets with one of these tags; may be repeated', collect)
    .option('--display-name <text>', 'how the person is called; the name when left out')
    .addOption(jsonOption())
    .action(act(create))
  user.command('list').description('Everybody, with their roles.').addOption(jsonOption()).action(act(list))
  user
    .command('reset-link <name>')
    .description('Prints a link, once, with which the person chooses a new password. Waits after wrong ones end, too.')
    .addOption(jsonOption())
    .action(act(resetLink))
  user
    .command('disable <name>')
    .description('Switches an account off: its sessions end and its tokens work no more.')
    .addOption(jsonOption())
    .action(act((context, name: string, options: JsonOption) => switchTo(context, name, options, true)))
  user
    .command('enable <name>')
    .description('Switches an account on again.')
    .addOption(jsonOption())
    .action(act((context, name: string, options: JsonOption) => switchTo(context, name, options, false)))
  user
    .command('token <name>')
    .description('Makes an API token for a program of the person, and prints it, once.')
    .addOption(
      new Option('--scope <list>', `of ${tokenScopes.join(', ')}`).argParser(listOf(tokenScopes)).default(['read']),
    )
    .option('--name <text>', 'what it is for', 'made in the terminal')
    .addOption(new Option('--days <number>', 'until it expires').argParser(whole(1, 365)).default(90))
    .addOption(jsonOption())
    .action(act(token))
}

async function create(context: Context, name: string, options: CreateOptions): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const grants = [await grantOf(hub, options)]
    const input = { userName: name, displayName: options.displayName, grants }
    const { user, link } = await hub.accounts.create(input, actor())
    const url = addressOfLink(hub, serverAddress(hub), link)
    context.output.answer({ user, link: url, expires_at: link.expiresAt }, () =>
      [`${user.user_name} can choose a password here, once, until ${link.expiresAt}:`, `  ${url}`].join('\n'),
    )
    return exitCodes.done
  })
}

async function list(context: Context, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const users = await hub.accounts.list()
    context.output.answer({ items: users }, () =>
      users.length === 0
        ? 'Nobody yet. "tenfold user create <name> --role admin" makes the first account.'
        : users.map(describe).join('\n'),
    )
    return exitCodes.done
  })
}

async function resetLink(context: Context, name: string, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const link = await hub.accounts.resetLink(name, actor())
    const url = addressOfLink(hub, serverAddress(hub), link)
    context.output.answer({ link: url, expires_at: link.expiresAt }, () =>
      [`${name} can choose a new password here, once, until ${link.expiresAt}:`, `  ${url}`].join('\n'),
    )
    return exitCodes.done
  })
}

async function switchTo(context: Context, name: string, _options: JsonOption, isOff: boolean): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const user = await hub.accounts.change(name, { isDisabled: isOff }, actor())
    context.output.answer({ user }, () => `${user.user_name} is switched ${isOff ? 'off' : 'on'}.`)
    return exitCodes.done
  })
}

async function token(context: Context, name: string, options: TokenOptions): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const wanted = { name: options.name, scopes: options.scope, expiresInDays: options.days }
    const made = await hub.accounts.token(name, wanted, actor())
    context.output.answer(made, () =>
      [`A token of ${name} for ${made.view.scopes.join(', ')}, shown only now:`, `  ${made.token}`].join('\n'),
    )
    return exitCodes.done
  })
}

/** Names become ids here, so that a mistyped one is said and not granted. */
async function grantOf(hub: Hub, { role, tenant, source, tag }: CreateOptions): Promise<GrantInput> {
  const tenants = await hub.accounts.tenants()
  const chosen = tenants.filter(one => tenant === undefined || one.name === tenant)
  if (chosen.length === 0) {
    throw new ConfigError(
      'bad_grant',
      `There is no tenant ${tenant}; there are ${tenants.map(one => one.name).join(', ')}.`,
    )
  }
  const sourceIds = (source ?? []).map(name => {
    const found = chosen.flatMap(one => one.sources).find(one => one.name === name)
    if (found) return found.id
    throw new ConfigError('bad_grant', `There is no source ${name}. "tenfold source list" shows them.`)
  })
  return { role, tenantId: tenant === undefined ? null : chosen[0]!.id, sourceIds, tags: tag ?? null }
}

function describe(user: UserView): string {
  const grants = user.grants.map(({ role, tenant, source_ids, tags }) =>
    [
      role,
      tenant === null ? 'everywhere' : `in ${tenant}`,
      ...(source_ids === null ? [] : [`sources ${source_ids.join(', ')}`]),
      ...(tags === null ? [] : [`tags ${tags.join(', ')}`]),
    ].join(' '),
  )
  const state = user.is_disabled
    ? 'switched off'
    : user.has_password || user.is_from_provider
      ? 'active'
      : 'no password yet'
  return `${user.user_name}  ${state}  ${grants.join('; ') || 'no role'}`
}
