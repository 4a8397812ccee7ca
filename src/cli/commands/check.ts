import type { Command } from 'commander'
import { type CheckResult, checkConnection, type Hub, type Source, type TraceEntry } from '../../hub.ts'
import { readConfig } from '../../platform/config.ts'
import { type Act, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption, type SourceOption, sourceOption } from '../options.ts'
import { chooseSources } from '../sources.ts'
import { plain } from '../text.ts'

interface CheckOptions extends JsonOption, SourceOption {
  readonly trace?: boolean
}

export function checkCommand(program: Command, act: Act): void {
  program
    .command('check')
    .summary('who a key is, what it may read, and what each refusal costs')
    .description(
      'Tries a key for every right the sync uses: who it is, its role, what it may read, what each refusal costs and how ' +
        'to fix it. With keys in the environment those are tried, without touching a database; else the saved sources.',
    )
    .addOption(sourceOption('a saved source, whatever the environment says'))
    .option('--trace', 'print each call to standard error: method, path, status, time; never a key')
    .addOption(jsonOption())
    .addHelpText('after', '\nExit codes: 0 the key will do, 1 it will not, 2 bad usage or configuration.')
    .action(act(check))
}

interface Checked {
  readonly source: string | null
  readonly result: CheckResult
}

async function check(context: Context, options: CheckOptions): Promise<ExitCode> {
  const { output, signal } = context
  const trace = options.trace ? (call: TraceEntry) => output.say(traceLine(call)) : undefined
  const { config } = readConfig()
  const { accessKey, secretKey, baseUrl } = config
  if (options.source === undefined && accessKey && secretKey) {
    const connection = {
      kind: 'tenable-vm',
      baseUrl,
      accessKey: accessKey.reveal(),
      secretKey: secretKey.reveal(),
    } as const
    return tell(context, [{ source: null, result: await checkConnection(config, connection, { signal, trace }) }])
  }
  return withHub(context, {}, async hub => {
    const checked: Checked[] = []
    for (const source of await chooseSources(hub, options.source))
      checked.push(await checkOne(hub, source, signal, trace))
    return tell(context, checked)
  })
}

async function checkOne(
  hub: Hub,
  source: Source,
  signal: AbortSignal,
  trace: ((call: TraceEntry) => void) | undefined,
): Promise<Checked> {
  return { source: source.name, result: await hub.engine.checkSource(source.id, signal, trace) }
}

function tell({ output }: Context, checked: readonly Checked[]): ExitCode {
  const values = checked.map(present)
  output.answer(values.length === 1 ? values[0] : { sources: values }, () => checked.map(describe).join('\n\n'))
  return checked.every(({ result }) => result.ok) ? exitCodes.done : exitCodes.failed
}

/** In the spelling of the API's connection report. */
function present({ source, result }: Checked) {
  return {
    source,
    success: result.ok,
    error: result.problem,
    error_code: result.problemCode,
    base_url: result.baseUrl,
    fingerprint: result.fingerprint,
    container: result.container,
    user: {
      name: result.user.name,
      role: result.user.role,
      permissions: result.user.permissions,
      is_enabled: result.user.isEnabled,
    },
    rights: result.rights.map(({ right, outcome, cost, remedy, latencyMs, status, detail }) => ({
      right,
      outcome,
      cost,
      remedy,
      latency_ms: latencyMs,
      status,
      detail,
    })),
    server_version: result.serverVersion,
    warnings: result.scopeProblems ?? [],
  }
}

const marks = { granted: 'yes ', refused: 'NO  ', failed: 'FAIL', not_offered: ' -  ' } as const

function describe({ source, result }: Checked): string {
  const { user, container } = result
  const who = [
    `user ${user.name ?? 'not told'}`,
    `role ${user.role ?? 'not told'}`,
    (container.name ?? container.id) ? `container ${container.name ?? container.id}` : undefined,
    container.region ? `region ${container.region}` : undefined,
    result.serverVersion ? `server ${result.serverVersion}` : undefined,
  ].filter(part => part !== undefined)
  return [
    plain(`${source === null ? 'The keys of the environment' : `Source ${source}`} at ${result.baseUrl}`),
    `  ${plain(who.join(', '))}`,
    '',
    ...result.rights.flatMap(right => [
      `  [${marks[right.outcome]}] ${plain(right.right)}  ${Math.round(right.latencyMs)} ms${right.status === null ? '' : `, ${right.status}`}`,
      ...(right.outcome === 'granted' ? [] : [right.detail, right.cost, right.remedy])
        .filter(text => text !== null)
        .map(text => `           ${plain(text)}`),
    ]),
    ...(result.scopeProblems ?? []).map(problem => `  [SCOPE] ${plain(problem)}`),
    '',
    result.ok
      ? 'This key will do.'
      : plain(`${result.problem ?? 'This key will not do.'} [${result.problemCode ?? 'refused'}]`),
  ].join('\n')
}

function traceLine(call: TraceEntry): string {
  const again = call.attempt > 1 ? `  attempt ${call.attempt}` : ''
  const error = call.error === null ? '' : `  ${call.error}`
  const request = call.requestUuid === null ? '' : `  ${call.requestUuid}`
  return plain(
    `${call.method} ${call.path}  ${call.status ?? 'no answer'}  ${Math.round(call.ms)} ms  ${call.bytes} bytes${request}${again}${error}`,
  )
}
