import { type Command, Option } from 'commander'
import type { RunView } from '../../contract/sync.ts'
import { streamNames } from '../../domain/batch.ts'
import type { Hub, RefreshRequest, Source } from '../../hub.ts'
import { CancelledError, ConfigError } from '../../platform/errors.ts'
import { type Act, actor, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { followRun } from '../follow-run.ts'
import { type JsonOption, jsonOption, listOf, type SourceOption, sourceOption, whole } from '../options.ts'
import { createProgress } from '../progress.ts'
import { describeRun, exitCodeOfRuns, reportOf } from '../run-report.ts'
import { chooseSources } from '../sources.ts'

interface SyncOptions extends JsonOption, SourceOption {
  readonly full?: boolean
  readonly wait?: boolean
  readonly cancel?: boolean
  readonly retry?: number
  readonly retryFailed?: number | true
  readonly streams?: readonly (typeof streamNames)[number][]
  readonly asset?: readonly string[]
  readonly plugin?: number
}

interface StopOptions extends JsonOption, SourceOption {
  readonly all?: boolean
}

export function syncCommand(program: Command, act: Act): void {
  const command = program
    .command('sync')
    .summary('bring the mirror up to date')
    .description(
      'Brings the mirror up to date: what changed since the last complete sync, or everything when there was none.',
    )
    .option('--full', 'read everything again')
    .addOption(sourceOption('only this source; all of them when left out'))
    .option('--wait', 'return when the sync has ended, and report it')
    .addOption(
      new Option('--streams <list>', `only these, separated by commas: ${streamNames.join(', ')}`).argParser(
        listOf(streamNames),
      ),
    )
    .addOption(
      new Option('--asset <id...>', 'only these assets and their findings, now: our ids or the vendor’s').conflicts([
        'full',
        'streams',
        'source',
        'plugin',
      ]),
    )
    .addOption(
      new Option('--plugin <id>', 'only the findings of this plugin, now')
        .argParser(whole(0, 2_147_483_647))
        .conflicts(['full', 'streams']),
    )
    .addOption(
      new Option('--cancel', 'cancel the sync that runs, and the exports it asked for').conflicts([
        'full',
        'wait',
        'streams',
        'asset',
        'plugin',
      ]),
    )
    .addOption(
      new Option('--retry <id>', 'run an ended sync again: same source, kind and streams')
        .argParser(whole(1, Number.MAX_SAFE_INTEGER))
        .conflicts(['full', 'streams', 'cancel', 'source']),
    )
    .addOption(
      new Option(
        '--retry-failed [days]',
        'run again what failed or was read in part in the last days (7) and nothing has made up for',
      )
        .argParser(whole(1, 90))
        .conflicts(['full', 'streams', 'cancel', 'source', 'retry']),
    )
    .addOption(jsonOption())
    .addHelpText('after', helpEnd)
    .action(act(sync))
  command
    .command('stop')
    .summary('stop syncs at once')
    .description('Stops the sync of a source, or with --all every one, and cancels the exports that were asked for.')
    .addOption(sourceOption('of this source; needed when there are several'))
    .addOption(new Option('--all', 'of every source: the emergency stop').conflicts('source'))
    .addOption(jsonOption())
    .addHelpText('after', stopHelpEnd)
    .action(act(stop))
}

const stopHelpEnd = `
What was read stays, and the next sync makes up for the rest. So that none starts by itself, pause the source too:
  tenfold sync stop --all && tenfold source pause "Tenable VM"`

const helpEnd = `
A running server ("tenfold up") does the work, and this command returns at once unless told to wait. Without one, this
command does it and always waits. Ctrl-C leaves the sync to be resumed: the next "tenfold sync" goes on where it was.

What failed, or was read only in part, is run again by number, or all of it at once:
  tenfold sync --retry 41
  tenfold sync --retry-failed 3 --wait

A few rows at once, beside a sync that is under way:
  tenfold sync --asset 53ed0fa2-ed6d-3f2e-92c4-2b22b0d0ea5e --wait
  tenfold sync --plugin 19506

With the keys in the environment nothing else is needed, for example from cron:
  TENABLE_ACCESS_KEY=… TENABLE_SECRET_KEY=… tenfold sync --wait --json

Exit codes: 0 completed, 1 failed or cancelled, 2 bad usage or configuration, 3 partial.`

function sync(context: Context, options: SyncOptions): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    if (options.cancel) return cancel(context, hub, options.source)
    if (options.retry !== undefined) return retry(context, hub, options.retry, options)
    if (options.retryFailed !== undefined) return retryFailed(context, hub, options.retryFailed, options)
    return start(context, hub, options)
  })
}

function stop(context: Context, options: StopOptions): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    if (!options.all && options.source === undefined) {
      const sources = (await hub.sources.list()).filter(source => source.kind !== 'files')
      if (sources.length > 1) {
        const known = sources.map(source => `${source.id} ${source.name}`).join(', ')
        throw new ConfigError(
          'several_sources',
          `There are several sources: ${known}. Say which with --source, or stop all with --all.`,
        )
      }
    }
    return cancel(context, hub, options.source)
  })
}

async function retry(context: Context, hub: Hub, runId: number, options: SyncOptions): Promise<ExitCode> {
  const again = await hub.engine.retryRun(runId, 'cli', actor())
  if (!again.created) context.output.say(`Its source already has a sync under way: going on with run ${again.runId}.`)
  return follow(context, hub, [again], options)
}

async function retryFailed(context: Context, hub: Hub, days: number | true, options: SyncOptions): Promise<ExitCode> {
  const retried = await hub.engine.retryFailed(days === true ? 7 : days, 'cli', actor())
  if (retried.length === 0) {
    context.output.answer(
      { runs: [] },
      () => 'Nothing has failed, or was read in part, that a later sync has not made up for.',
    )
    return exitCodes.done
  }
  for (const { retries, runId } of retried)
    context.output.say(`Run ${runId} does what run ${retries} failed to do, or did in part.`)
  return follow(context, hub, retried, options)
}

async function start(context: Context, hub: Hub, options: SyncOptions): Promise<ExitCode> {
  return follow(context, hub, await requested(context, hub, options), options)
}

/** Leaves the runs to a server, or does them; waits for their end when told to, or when nobody else does them. */
async function follow(
  context: Context,
  hub: Hub,
  asked: readonly Asked[],
  options: Pick<SyncOptions, 'wait'>,
): Promise<ExitCode> {
  const { output, signal } = context
  const runIds = asked.map(({ runId }) => runId)
  const isServed = await hub.isServed()
  if (isServed && !options.wait) {
    const runs = await Promise.all(runIds.map(runId => hub.read.run(runId)))
    const value = one(
      runs.map((run, index) => ({
        ...{ run_id: run.id, source: run.source, kind: run.kind, status: run.status },
        created: asked[index]!.created,
      })),
    )
    output.answer(value, () => runs.map(run => `Run ${run.id} of ${run.source} is with the server.`).join('\n'))
    return exitCodes.done
  }
  if (!isServed) {
    if (!options.wait)
      output.say('No server works on this database: this command does the sync itself, and waits for it.')
    await hub.engine.start()
  }
  const runs: RunView[] = []
  try {
    for (const runId of runIds) runs.push(await followRun(hub, runId, createProgress(output), signal))
  } catch (thrown) {
    if (signal.aborted) throw interrupted(runIds, isServed, thrown)
    throw thrown
  }
  output.answer(one(runs.map(reportOf)), () => runs.map(describeRun).join('\n\n'))
  return exitCodeOfRuns(runs)
}

interface Asked {
  readonly runId: number
  /** Not so when its source had a run under way, which is gone on with. */
  readonly created: boolean
}

/** The runs that do what was asked. */
async function requested(context: Context, hub: Hub, options: SyncOptions): Promise<readonly Asked[]> {
  if (options.asset) {
    const { sourceId, target } = await hub.read.targetOfAssets(options.asset)
    return [await refresh(context, hub, { sourceId, target, streams: ['assets', 'findings'], trigger: 'cli' })]
  }
  const runs: Asked[] = []
  for (const source of await readable(context, hub, options)) {
    const target = { plugin_ids: [options.plugin ?? 0] }
    const asked = { sourceId: source.id, target, streams: ['findings'], trigger: 'cli' } as const
    runs.push(
      await (options.plugin === undefined ? request(context, hub, source, options) : refresh(context, hub, asked)),
    )
  }
  return runs
}

async function refresh(context: Context, hub: Hub, wanted: RefreshRequest): Promise<Asked> {
  const { runId, created, message } = await hub.engine.requestRefresh(wanted, actor())
  context.output.say(message)
  return { runId, created }
}

/** The sources to read: of all of them only those that can be read, of one named that one, whatever becomes of it. */
async function readable(context: Context, hub: Hub, options: SyncOptions): Promise<readonly Source[]> {
  const sources = await chooseSources(hub, options.source)
  if (options.source !== undefined) return sources
  const ready = sources.filter(source => whyLeftOut(source) === null)
  for (const source of sources) {
    const why = whyLeftOut(source)
    if (why !== null) context.output.say(`Source ${source.name} is left out: it ${why}.`)
  }
  if (ready.length === 0) throw new ConfigError('no_source', 'No source is switched on and has keys.')
  return ready
}

function whyLeftOut(source: Source): string | null {
  if (source.kind === 'files') return 'holds files, which people bring with "tenfold import"'
  if (!source.isEnabled) return 'is switched off'
  return source.hasCredentials ? null : 'has no keys'
}

async function request(context: Context, hub: Hub, source: Source, options: SyncOptions): Promise<Asked> {
  const kind = options.full || !(await hub.read.hasWatermark(source.id)) ? 'full' : 'delta'
  const { runId, created } = await hub.engine.requestRun(
    {
      sourceId: source.id,
      kind,
      trigger: 'cli',
      ...(options.streams ? { streams: [...new Set(options.streams)] } : {}),
    },
    actor(),
  )
  if (!created) {
    const run = await hub.read.run(runId)
    const other =
      run.kind === kind ? '' : ` A ${kind} one was not started: ask for it again when run ${runId} has ended.`
    context.output.say(
      `Source ${source.name} already has a ${run.kind} sync under way: going on with run ${runId}.${other}`,
    )
  }
  return { runId, created }
}

/** @param wanted of this source; of all when left out */
async function cancel(context: Context, hub: Hub, wanted: string | undefined): Promise<ExitCode> {
  const { output, signal } = context
  const chosen = new Set((await chooseSources(hub, wanted)).map(source => source.id))
  const open = (await hub.read.openRuns()).filter(run => chosen.has(run.source_id))
  for (const run of open) await hub.engine.cancelRun(run.id, actor())
  // A run whose process is dead waits for somebody to end it.
  if (open.length > 0 && !(await hub.isServed())) await hub.engine.start()
  const runs: RunView[] = []
  for (const { id } of open)
    runs.push(await followRun(hub, id, { show: () => undefined, end: () => undefined }, signal))
  output.answer(one(runs.map(reportOf), { cancelled: 0 }), () =>
    runs.length === 0
      ? 'No sync is under way.'
      : runs.map(run => `Run ${run.id} of ${run.source}: ${run.status}.`).join('\n'),
  )
  return exitCodes.done
}

function interrupted(runIds: readonly number[], isServed: boolean, cause: unknown): CancelledError {
  const runs = runIds.length === 1 ? `Run ${runIds[0]}` : `Runs ${runIds.join(', ')}`
  return new CancelledError(
    isServed
      ? `No longer watching. ${runs}: the server goes on with it; "tenfold sync --cancel" ends it.`
      : `${runs} stopped where it was and stays open: the next "tenfold sync" goes on from there, "tenfold sync --cancel" ends it.`,
    { cause },
  )
}

/** One object for one source, the list for several. */
function one<T>(runs: readonly T[], none: object = { runs: [] }): T | object {
  const [first] = runs
  return first === undefined ? none : runs.length === 1 ? (first as T) : { runs }
}
