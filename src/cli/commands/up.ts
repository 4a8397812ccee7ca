import { type Command, Option } from 'commander'
import { type Hub, openHub } from '../../hub.ts'
import { addressOfLink } from '../account-links.ts'
import { type Act, actor, type Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { followRun } from '../follow-run.ts'
import { type JsonOption, jsonOption, whole } from '../options.ts'
import { createProgress } from '../progress.ts'
import { describeRun } from '../run-report.ts'
import { serve } from '../serve.ts'
import { aborted } from '../stop-signal.ts'

interface UpOptions extends JsonOption {
  readonly port?: number
  readonly web: boolean
}

export function upCommand(program: Command, act: Act): void {
  program
    .command('up')
    .summary('the server: database, sync, API and web page')
    .description(
      'Starts the database (unless DATABASE_URL names one), does the syncs that are due or asked for, and serves the API and ' +
        'the web page until it is stopped. With keys in the environment the first full sync starts by itself. While there is ' +
        'no account it prints a link, once, that makes the first, and listens on this machine only.',
    )
    .addOption(new Option('--port <number>', 'instead of PORT; 0 takes a free one').argParser(whole(0, 65_535)))
    .option('--no-web', 'only the API')
    .addOption(jsonOption())
    .action(act(up))
}

async function up(context: Context, options: UpOptions): Promise<ExitCode> {
  const { output, signal } = context
  const hub = await openHub({ isServer: true, onNotice: output.say, signal })
  try {
    const url = await serve(hub, output, { port: options.port ?? hub.config.port, hasWeb: options.web })
    await hub.announce()
    const runId = await firstSync(hub)
    const link = await hub.accounts.setupLink()
    const setupUrl = link === undefined ? null : addressOfLink(hub, url, link)
    output.answer(readiness(hub, url, runId, setupUrl), () => describe(hub, url, options, setupUrl))
    if (runId !== undefined) await showFirstSync(context, hub, runId)
    await aborted(signal)
    return exitCodes.done
  } finally {
    await hub.stop()
  }
}

function readiness(hub: Hub, url: string, runId: number | undefined, setupUrl: string | null) {
  return {
    url,
    version: hub.version,
    database: hub.databaseKind,
    data_dir: hub.dataDir,
    source: hub.environmentSource?.name ?? null,
    run_id: runId ?? null,
    setup_url: setupUrl,
  }
}

function describe(hub: Hub, url: string, options: UpOptions, setupUrl: string | null): string {
  const source = hub.environmentSource
  return [
    `Tenfold ${hub.version} is running at ${url}`,
    `  database: ${hub.databaseKind === 'bundled' ? `PostgreSQL in ${hub.dataDir}` : 'the one that DATABASE_URL names'}`,
    source
      ? `  source: ${source.name} at ${source.baseUrl}, from the environment`
      : `  source: none from the environment; add one ${options.web ? 'on the page, or ' : ''}with "tenfold source add"`,
    hub.config.syncEnabled
      ? '  syncs start by themselves; "tenfold schedule" shows when'
      : '  no sync starts by itself: TENABLE_SYNC_ENABLED is false',
    ...(setupUrl === null ? [] : describeSetup(setupUrl, options)),
    '  Press Ctrl-C to stop it.',
  ].join('\n')
}

function describeSetup(setupUrl: string, options: UpOptions): readonly string[] {
  return options.web
    ? [
        '  There is no account yet. Open this link to make the first; it works once, for a day, and is shown only now:',
        `    ${setupUrl}`,
      ]
    : ['  There is no account yet. Make the first with "tenfold user create", which prints a token or a link.']
}

/** The environment's source is read at once when it never was completely. */
async function firstSync(hub: Hub): Promise<number | undefined> {
  const source = hub.environmentSource
  if (!source || (await hub.read.hasCompleteRun(source.id))) return undefined
  return (await hub.engine.requestRun({ sourceId: source.id, kind: 'full', trigger: 'start' }, actor())).runId
}

async function showFirstSync({ output, signal }: Context, hub: Hub, runId: number): Promise<void> {
  output.say(`This source was never read completely: a first full sync is under way, run ${runId}.`)
  try {
    output.print(describeRun(await followRun(hub, runId, createProgress(output), signal)))
  } catch (thrown) {
    if (!signal.aborted) throw thrown
  }
}
