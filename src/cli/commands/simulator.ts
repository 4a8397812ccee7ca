import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { ConfigError, messageOf } from '../../platform/errors.ts'
import type { Fault, Role, SimulatorOptions } from '../../simulator/index.ts'
import type { Act, Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption, whole } from '../options.ts'
import { aborted } from '../stop-signal.ts'
import { pairs } from '../text.ts'

interface SimulatorFlags extends JsonOption {
  readonly seed?: number
  readonly assets?: number
  readonly findings?: number
  readonly plugins?: number
  readonly outputBytes?: number
  readonly port?: number
  readonly host?: string
  readonly accessKey?: string
  readonly secretKey?: string
  readonly role?: Role
  readonly startAt?: string
  readonly clock?: 'virtual' | 'real'
  readonly queuedPolls?: number
  readonly chunksPerPoll?: number
  readonly replay?: string
  readonly faults?: string
  readonly looseKeys?: boolean
  readonly rateLimit?: number
  readonly retryAfter?: number
}

const million = 1_000_000

export function simulatorCommand(program: Command, act: Act): void {
  program
    .command('simulator')
    .summary('a simulated Tenable tenant, for tests and demonstrations')
    .description(
      'Serves a simulated Tenable Vulnerability Management tenant on this machine until it is stopped: the same options ' +
        'give the same estate. Point anything that reads Tenable at its URL, with its keys.',
    )
    .addOption(number('--seed <number>', 'what everything is drawn from (default: 1)', 0, 2 ** 31 - 1))
    .addOption(
      number('--assets <number>', 'assets at the start (default: 200, or one for every 40 findings)', 1, 10 * million),
    )
    .addOption(number('--findings <number>', 'about how many findings at the start (default: 8000)', 0, 100 * million))
    .addOption(
      number('--plugins <number>', 'size of the plugin catalogue (default: grows with the findings)', 120, million),
    )
    .addOption(number('--output-bytes <number>', 'mean length of a plugin output (default: 700)', 0, million))
    .addOption(number('--port <number>', 'port (default: a free one)', 0, 65_535))
    .addOption(new Option('--host <address>', 'address to listen on').default('127.0.0.1'))
    .addOption(new Option('--access-key <key>', '64 hexadecimal digits (default: drawn)'))
    .addOption(new Option('--secret-key <key>', '64 hexadecimal digits (default: drawn)'))
    .addOption(new Option('--role <permissions>', 'of the key: 0, 16, 24, 32, 40, 64').argParser(role).default(64))
    .addOption(new Option('--start-at <instant>', 'where its clock starts, ISO 8601').argParser(startOf))
    .addOption(
      new Option('--clock <kind>', 'virtual: moves when told to; real: runs, and the estate lives along')
        .choices(['virtual', 'real'])
        .default('virtual'),
    )
    .addOption(number('--queued-polls <number>', 'status polls of an export before it starts (default: 1)', 0, 1000))
    .addOption(
      number('--chunks-per-poll <number>', 'chunks that each poll makes available (default: a third)', 1, million),
    )
    .addOption(new Option('--replay <folder>', 'serve recorded payloads instead of a generated estate'))
    .addOption(new Option('--faults <file>', 'a JSON file with a list of faults to inject'))
    .addOption(new Option('--loose-keys', 'take key names in lower case too, as the cloud may'))
    .addOption(number('--rate-limit <number>', 'requests a minute before 429 (default: none)', 1, million))
    .addOption(number('--retry-after <seconds>', 'what a 429 says to wait', 0, 3600))
    .addOption(jsonOption())
    .action(act(simulator))
}

async function simulator(context: Context, flags: SimulatorFlags): Promise<ExitCode> {
  const { output, signal } = context
  const running = await start(flags)
  try {
    const { url, accessKey, secretKey } = running
    output.answer({ url, access_key: accessKey, secret_key: secretKey, role: flags.role }, () =>
      [
        'A simulated Tenable tenant is running. To mirror it:',
        pairs([
          ['TENABLE_BASE_URL', url],
          ['TENABLE_ACCESS_KEY', accessKey],
          ['TENABLE_SECRET_KEY', secretKey],
        ]),
        'Press Ctrl-C to stop it.',
      ].join('\n'),
    )
    await aborted(AbortSignal.any([signal, parentGone()]))
    return exitCodes.done
  } finally {
    await running.stop()
  }
}

async function start(flags: SimulatorFlags) {
  // Other commands start quicker without it.
  const { startSimulator } = await import('../../simulator/index.ts')
  try {
    return await startSimulator(optionsOf(flags))
  } catch (cause) {
    if (cause instanceof RangeError) throw new ConfigError('bad_usage', messageOf(cause), { cause })
    if (!(cause instanceof Error && 'syscall' in cause && cause.syscall === 'listen')) throw cause
    throw new ConfigError('cannot_listen', `The simulator cannot listen: ${messageOf(cause)}. Choose another --port.`, {
      cause,
    })
  }
}

/** A process that started us with a channel ends us by closing it, however it ends itself. */
function parentGone(): AbortSignal {
  const gone = new AbortController()
  if (process.send) process.once('disconnect', () => gone.abort())
  return gone.signal
}

/** The simulator tells "not given" from a value by the key being there. */
export function optionsOf(flags: SimulatorFlags): SimulatorOptions {
  const { queuedPolls, chunksPerPoll, rateLimit, retryAfter, faults, looseKeys, json: _json, ...same } = flags
  return present({
    ...same,
    jobPace:
      queuedPolls === undefined && chunksPerPoll === undefined ? undefined : present({ queuedPolls, chunksPerPoll }),
    faults: faults === undefined ? undefined : readFaults(faults),
    strictKeys: looseKeys ? false : undefined,
    rateLimit: rateLimit === undefined ? undefined : present({ requestsPerMinute: rateLimit, retryAfter }),
  })
}

function readFaults(file: string): readonly Fault[] {
  try {
    const faults: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (!Array.isArray(faults)) throw new Error('it does not hold a list')
    return faults as readonly Fault[]
  } catch (cause) {
    throw new ConfigError('bad_faults_file', `${file} cannot be used as faults: ${messageOf(cause)}.`, { cause })
  }
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

function present<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>
}

function number(flags: string, about: string, min: number, max: number): Option {
  return new Option(flags, about).argParser(whole(min, max))
}

const roles: readonly Role[] = [0, 16, 24, 32, 40, 64]

function role(text: string): Role {
  const found = roles.find(one => String(one) === text)
  if (found === undefined) throw new InvalidArgumentError(`It must be one of ${roles.join(', ')}.`)
  return found
}

function startOf(text: string): string {
  if (Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('It must be an instant such as 2026-06-01T06:00:00Z.')
  return text
}
