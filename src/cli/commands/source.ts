import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { type Command, Option } from 'commander'
import { SourceScope } from '../../contract/scope.ts'
import { SourceSettings } from '../../contract/sources.ts'
import type { JsonObject } from '../../domain/json.ts'
import {
  describeScope,
  isEverything,
  isSameScope,
  presentScope,
  readScope,
  type SourceScope as Scope,
  scopeOfSettings,
} from '../../domain/scope.ts'
import { type Severity, severities } from '../../domain/severity.ts'
import type { Source } from '../../hub.ts'
import { settings } from '../../platform/config.ts'
import { ConfigError } from '../../platform/errors.ts'
import { Secret } from '../../platform/secret.ts'
import { type Act, actor, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { collect, type JsonOption, jsonOption, listOf } from '../options.ts'
import { chooseSource } from '../sources.ts'
import { table } from '../text.ts'

interface AddOptions extends JsonOption {
  readonly name: string
  readonly platform: keyof typeof platformKinds
  readonly url?: string
  readonly auth?: 'keys' | 'password'
  readonly tlsCa?: string
  readonly tlsPin?: string
  /** Commander's way to say that --no-tls-verify was given. */
  readonly tlsVerify: boolean
}

const platformKinds = {
  'vulnerability-management': 'tenable-vm',
  'security-center': 'tenable-sc',
  nessus: 'nessus',
} as const

const addressless = { 'tenable-vm': 'It', 'tenable-sc': 'A Security Center', nessus: 'A Nessus scanner' } as const

interface SetOptions extends JsonOption {
  readonly scopeTag?: readonly string[]
  readonly scopeNetwork?: readonly string[]
  readonly scopeSeverity?: readonly Severity[]
  readonly scopeEverything?: boolean
}

export function sourceCommand(program: Command, act: Act): void {
  const command = program
    .command('source')
    .summary('list, add, limit, pause and remove sources')
    .description('The places that are mirrored. Keys are sealed at rest and never shown.')
  command.command('list').description('Lists the sources.').addOption(jsonOption()).action(act(list))
  command
    .command('add')
    .description(
      'Adds a Tenable Vulnerability Management tenant, a Tenable Security Center or a Nessus scanner. Its access key and secret key are ' +
        'asked for, or read from standard input as two lines, so that they are in no shell history and in no list of ' +
        'processes.',
    )
    .requiredOption('--name <text>', 'what to call it')
    .addOption(
      new Option('--platform <platform>', 'what it is')
        .choices(Object.keys(platformKinds))
        .default('vulnerability-management'),
    )
    .option(
      '--url <address>',
      `where its API is; of Vulnerability Management ${settings.baseUrl.fallback} unless given`,
    )
    .addOption(
      new Option('--auth <way>', 'password: a name and a password are given in place of the two keys').choices([
        'keys',
        'password',
      ]),
    )
    .option('--tls-ca <file>', 'the CA that signed the certificate of your own server, in PEM form')
    .option('--tls-pin <sha256>', 'the fingerprint of the one certificate that is accepted')
    .option('--no-tls-verify', 'accept any certificate: anybody on the way can then read the key; every run says so')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nFor example:\n  tenfold source add --name "Security Center" --platform security-center --url https://sc.example.com --tls-ca ca.pem',
    )
    .action(act(add))
  command
    .command('set')
    .description(
      'Limits a source to a part of what it has. What an option names replaces the whole scope. The next sync then reads ' +
        'everything within it; what is outside is kept, marked and counted apart, and never called gone or fixed.',
    )
    .argument('<name|id>')
    .option('--scope-tag <category:value>', 'assets tagged so; of one category any, of several all', collect)
    .option('--scope-network <id>', 'assets of this network; several: any of them', collect)
    .addOption(
      new Option('--scope-severity <list>', `findings of these severities: ${severities.join(', ')}`).argParser(
        listOf(severities),
      ),
    )
    .addOption(
      new Option('--scope-everything', 'no limit any more').conflicts(['scopeTag', 'scopeNetwork', 'scopeSeverity']),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nFor example:\n  tenfold source set "Tenable VM" --scope-tag Environment:Production --scope-severity critical,high\n  tenfold check --source "Tenable VM"\n\nExit codes: 0 set, 1 failed, 2 bad usage or configuration.',
    )
    .action(act(set))
  command
    .command('remove')
    .description('Forgets a source’s keys and reads it no more. What was mirrored stays.')
    .argument('<name|id>')
    .addOption(jsonOption())
    .action(act(remove))
  for (const [name, isPaused, about] of [
    ['pause', true, 'Lets no schedule start a sync of a source until it is resumed. What runs goes on.'],
    ['resume', false, 'Lets the schedules of a paused source start syncs again.'],
  ] as const) {
    command
      .command(name)
      .description(about)
      .argument('<name|id>')
      .addOption(jsonOption())
      .addHelpText('after', `\nFor example: tenfold source ${name} "Tenable VM"`)
      .action(act((context, wanted: string, _options: JsonOption) => pause(context, wanted, isPaused)))
  }
}

function remarkOn({ isEnabled, settings: { tls_verify: isVerified } }: Source): string {
  const remarks = [isEnabled ? '' : 'switched off', isVerified === false ? 'CERTIFICATE NOT VERIFIED' : '']
  return remarks.filter(Boolean).join(', ')
}

function list(context: Context, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const sources = await hub.sources.list()
    context.output.answer({ items: sources.map(present) }, () =>
      sources.length === 0
        ? 'There is no source yet. Add one with "tenfold source add", or set TENABLE_ACCESS_KEY and TENABLE_SECRET_KEY.'
        : table<Source>(
            [
              { title: 'Id', align: 'right', value: row => String(row.id) },
              { title: 'Name', maxWidth: 40, value: row => row.name },
              { title: 'Kind', value: row => row.kind },
              { title: 'Address', maxWidth: 60, value: row => row.baseUrl },
              { title: 'Key', value: keyOf },
              { title: 'Managed by', value: row => row.managedBy },
              { title: 'Scope', maxWidth: 60, value: row => describeScope(scopeOfSettings(row.settings)) },
              { title: '', value: remarkOn },
            ],
            sources,
          ),
    )
    return exitCodes.done
  })
}

async function add(context: Context, options: AddOptions): Promise<ExitCode> {
  const kind = platformKinds[options.platform]
  const baseUrl = options.url ?? (kind === 'tenable-vm' ? settings.baseUrl.fallback : undefined)
  if (baseUrl === undefined)
    throw new ConfigError('bad_usage', `${addressless[kind]} has no usual address: give --url.`)
  const sourceSettings = await settingsOf(options)
  const [accessKey, secretKey] = await readKeys(context)
  return withHub(context, {}, async hub => {
    const credentials = { accessKey: new Secret(accessKey), secretKey: new Secret(secretKey) }
    const source = await hub.sources.create(
      { name: options.name, kind, baseUrl, credentials, settings: sourceSettings },
      actor(),
    )
    context.output.answer(present(source), () =>
      [
        `Source ${source.id} ${source.name} was added. Try it: tenfold check --source ${source.id}`,
        ...(source.settings.tls_verify === false ? [unverified] : []),
      ].join('\n'),
    )
    return exitCodes.done
  })
}

const unverified =
  'WARNING: its certificate is not verified. Anybody on the way can read its key and change what is mirrored.'

/** Checked as the API checks them. */
async function settingsOf({ auth, tlsCa, tlsPin, tlsVerify }: AddOptions): Promise<JsonObject> {
  const given = {
    ...(auth === undefined ? {} : { auth }),
    ...(tlsCa === undefined ? {} : { ca_pem: await readCa(tlsCa) }),
    ...(tlsPin === undefined ? {} : { tls_pin_sha256: tlsPin }),
    ...(tlsVerify ? {} : { tls_verify: false }),
  }
  const read = SourceSettings.safeParse(given)
  if (read.success) return given
  const [issue] = read.error.issues
  throw new ConfigError('bad_usage', `${String(issue?.path[0] ?? 'An option')}: ${issue?.message ?? 'not understood'}.`)
}

async function readCa(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new ConfigError('bad_ca_file', `The CA file ${path} cannot be read. Give the path of a PEM file.`, { cause })
  }
}

function set(context: Context, wanted: string, options: SetOptions): Promise<ExitCode> {
  const given = scopeOf(options)
  return withHub(context, {}, async hub => {
    const { id, name, settings: before } = await chooseSource(hub, wanted)
    const { scope: _before, ...kept } = before
    const settings = isEverything(given) ? kept : { ...kept, scope: presentScope(given) }
    const source = await hub.sources.update(id, { settings }, actor())
    const next = isSameScope(given, scopeOfSettings(before))
      ? 'It was that already.'
      : `The next sync reads everything within it. See whether the source has it: tenfold check --source ${id}`
    context.output.answer(
      present(source),
      () => `The scope of source ${id} ${name} is now: ${describeScope(given)}. ${next}`,
    )
    return exitCodes.done
  })
}

/** Checked by the API's own rules. @throws ConfigError `bad_scope` */
function scopeOf({ scopeTag, scopeNetwork, scopeSeverity, scopeEverything }: SetOptions): Scope {
  if (!scopeTag && !scopeNetwork && !scopeSeverity && !scopeEverything) {
    throw new ConfigError(
      'bad_scope',
      'Say what to set: --scope-tag, --scope-network, --scope-severity or --scope-everything.',
    )
  }
  const tags = (scopeTag ?? []).map(text => {
    const at = text.indexOf(':')
    if (at < 1 || at === text.length - 1)
      throw new ConfigError('bad_scope', `--scope-tag takes category:value, not "${text}".`)
    return { key: text.slice(0, at), value: text.slice(at + 1) }
  })
  const parsed = SourceScope.safeParse({
    tags,
    networks: [...(scopeNetwork ?? [])],
    ...(scopeSeverity ? { severities: [...scopeSeverity] } : {}),
  })
  if (parsed.success) return readScope(parsed.data)
  const problems = parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}.`)
  throw new ConfigError('bad_scope', problems.join('\n'))
}

function remove(context: Context, wanted: string, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const { id, name } = await chooseSource(hub, wanted)
    const removed = await hub.sources.remove(id, actor())
    context.output.answer(present(removed), () => `Source ${id} ${name} is read no more, and its keys are forgotten.`)
    return exitCodes.done
  })
}

function pause(context: Context, wanted: string, isPaused: boolean): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const { id, name } = await chooseSource(hub, wanted)
    const changed = await hub.engine.pauseSource(id, isPaused, actor())
    const what = isPaused ? 'paused: no schedule starts a sync of it' : 'on: its schedules start syncs'
    context.output.answer({ id, name, is_paused: isPaused, changed }, () => `Source ${id} ${name} is ${what}.`)
    return exitCodes.done
  })
}

function present(source: Source) {
  return {
    id: source.id,
    name: source.name,
    kind: source.kind,
    base_url: source.baseUrl,
    access_key_hint: source.accessKeyHint,
    has_credentials: source.hasCredentials,
    is_enabled: source.isEnabled,
    managed_by: source.managedBy,
    scope: presentScope(scopeOfSettings(source.settings)),
    fingerprint: source.fingerprint,
    container_name: source.containerName,
    role: source.lastRole,
  }
}

function keyOf(source: Source): string {
  if (!source.hasCredentials) return 'none'
  return source.accessKeyHint === null ? 'sealed' : `…${source.accessKeyHint}`
}

/** Asked for without an echo on a terminal, else two lines. */
async function readKeys({ signal }: Context): Promise<readonly [string, string]> {
  const isTerminal = process.stdin.isTTY === true
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: silent, terminal: isTerminal })
  // In raw mode Ctrl-C is a key that only the prompt sees.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    const next = lines[Symbol.asyncIterator]()
    const keys: string[] = []
    for (const name of ['Access key', 'Secret key']) {
      if (isTerminal) process.stderr.write(`${name}: `)
      const { value, done } = await Promise.race([next.next(), rejectWhenAborted(signal)])
      if (isTerminal) process.stderr.write('\n')
      const key = done ? '' : value.trim()
      if (key === '')
        throw new ConfigError('keys_needed', `${name} is missing: give both keys, each on a line of its own.`)
      keys.push(key)
    }
    return [keys[0] ?? '', keys[1] ?? '']
  } finally {
    lines.close()
    process.stdin.unref?.()
  }
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
