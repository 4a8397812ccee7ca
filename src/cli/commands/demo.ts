import { type Command, Option } from 'commander'
import type { RunView } from '../../contract/sync.ts'
import { type Hub, openHub, type Source } from '../../hub.ts'
import { type Config, readConfig } from '../../platform/config.ts'
import { ConfigError } from '../../platform/errors.ts'
import { Secret } from '../../platform/secret.ts'
import { addressOfLink } from '../account-links.ts'
import { type ChildEstate, type ChildSimulator, startChildSimulator } from '../child-simulator.ts'
import { type Act, actor, type Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { followRun } from '../follow-run.ts'
import { compare, countMirror, describeCheck, type MirrorCheck } from '../mirror-check.ts'
import { type JsonOption, jsonOption, whole } from '../options.ts'
import { createProgress } from '../progress.ts'
import { describeRun, exitCodeOfRun, reportOf } from '../run-report.ts'
import { serve } from '../serve.ts'
import { aborted } from '../stop-signal.ts'
import { count } from '../text.ts'

interface DemoOptions extends JsonOption {
  readonly assets: number
  readonly findings: number
  readonly seed: number
  readonly port?: number
  readonly web: boolean
  readonly once?: boolean
}

/** Made for the demonstration, without a password: its links are its only way in. */
const demoUser = 'demo'

const usual = { assets: 500, findings: 20_000, seed: 1 }

export function demoCommand(program: Command, act: Act): void {
  program
    .command('demo')
    .summary('the whole thing against a simulated tenant: no Tenable account needed')
    .description(
      'Starts the bundled database and a simulated Tenable tenant, mirrors it with a first full sync, compares the mirror ' +
        'with what the tenant says it has, and serves the web page until it is stopped. Its data is kept apart from real ' +
        'data; run again, it shows that nothing has changed.',
    )
    .addOption(
      new Option('--assets <number>', 'of the simulated tenant').argParser(whole(1, 1_000_000)).default(usual.assets),
    )
    .addOption(
      new Option('--findings <number>', 'about how many').argParser(whole(0, 10_000_000)).default(usual.findings),
    )
    .addOption(
      new Option('--seed <number>', 'another seed, another tenant')
        .argParser(whole(0, 2 ** 31 - 1))
        .default(usual.seed),
    )
    .addOption(new Option('--port <number>', 'instead of PORT; 0 takes a free one').argParser(whole(0, 65_535)))
    .option('--no-web', 'only the API, without the page')
    .option('--once', 'stop after the comparison')
    .addOption(jsonOption())
    .action(act(demo))
}

type Estate = Omit<ChildEstate, 'startAt'>

// The simulated tenant is here and has nobody to be considerate of; small chunks make the bars move.
const limits = {
  pollDelayMs: { firstMs: 100, maxMs: 1000 },
  requestsPerMinute: 6000,
  requestBurst: 200,
  vulnAssetsPerChunk: 50,
  sourceNetworks: ['127.0.0.1'],
}

async function demo(context: Context, options: DemoOptions): Promise<ExitCode> {
  const { output, signal } = context
  const estate = { seed: options.seed, assets: options.assets, findings: options.findings }
  const { config, notices } = readConfig()
  for (const notice of notices) output.say(notice)
  output.say(
    `A demonstration with a simulated tenant of ${count(estate.assets)} assets and about ${count(estate.findings)} findings.`,
  )
  const hub = await openHub({
    config: withoutKeys(config),
    dataFolder: folderOf(estate),
    withEngine: false,
    onNotice: output.say,
    signal,
    limits,
  })
  let tenant: ChildSimulator | undefined
  try {
    const known = await findDemoSource(hub, estate)
    tenant = await startChildSimulator({ ...estate, startAt: startAtOf(known) }, signal)
    const source = await saveSource(hub, known, estate, tenant)
    const run = await firstSync(context, hub, source)
    const check = compare(await tenant.truth(), await countMirror(hub, source.id))
    output.print(`\n${describeRun(run)}\n\n${describeCheck(check)}\n`)
    if (options.once) {
      output.answer(answerOf(run, check, null), () => 'Done.')
      return exitCodeOf(run, check)
    }
    await hub.announce()
    const url = await serve(hub, output, {
      port: options.port ?? config.port,
      hasWeb: options.web,
      mayMove: options.port === undefined,
    })
    const signIn = addressOfLink(hub, url, await hub.accounts.signInLink(demoUser, 'admin', actor()))
    output.answer({ ...answerOf(run, check, url), sign_in_url: signIn }, () => invitation(hub, url, signIn, options))
    await aborted(signal)
    return exitCodeOf(run, check)
  } finally {
    await hub.stop()
    await tenant?.stop()
  }
}

/** The demonstration reads its own tenant; keys of a real one stay out of it. */
function withoutKeys(config: Config): Config {
  return { ...config, accessKey: undefined, secretKey: undefined }
}

/** Another estate is another tenant, and gets a database of its own. */
function folderOf({ seed, assets, findings }: Estate): string {
  const isUsual = seed === usual.seed && assets === usual.assets && findings === usual.findings
  return isUsual ? 'demo' : `demo-${seed}-${assets}-${findings}`
}

/**
 * The source of an earlier demonstration in this database.
 * @throws ConfigError when the database is not a demonstration's, or another one's
 */
async function findDemoSource(hub: Hub, estate: Estate): Promise<Source | undefined> {
  const sources = await hub.sources.list()
  const real = sources.find(source => estateIn(source) === undefined)
  if (real) {
    throw new ConfigError(
      'not_a_demo_database',
      `The database holds the source "${real.name}", which is no demonstration: simulated data must not mix with it. ` +
        'Unset DATABASE_URL to use the bundled database, or let it name an empty database.',
    )
  }
  const [known] = sources
  if (!known) return undefined
  const before = estateIn(known)
  if (
    before &&
    (before.seed !== estate.seed || before.assets !== estate.assets || before.findings !== estate.findings)
  ) {
    throw new ConfigError(
      'other_demo',
      `The database holds another demonstration: --seed ${before.seed} --assets ${before.assets} --findings ${before.findings}. ` +
        'Start it with these, or let DATABASE_URL name an empty database.',
    )
  }
  if (await hub.isServed()) {
    throw new ConfigError('demo_runs', 'This demonstration already runs. Stop it first, or look at its page.')
  }
  return known
}

interface DemoSettings extends Estate {
  readonly startAt: string
}

function estateIn(source: Source): DemoSettings | undefined {
  return source.settings.demo as unknown as DemoSettings | undefined
}

/** The tenant's dates count from here; kept, so that it is the same tenant the next time. */
function startAtOf(known: Source | undefined): string {
  return (known && estateIn(known)?.startAt) ?? new Date().toISOString()
}

async function saveSource(
  hub: Hub,
  known: Source | undefined,
  estate: Estate,
  tenant: ChildSimulator,
): Promise<Source> {
  const credentials = { accessKey: new Secret(tenant.accessKey), secretKey: new Secret(tenant.secretKey) }
  const baseUrl = tenant.url
  if (known) return hub.sources.update(known.id, { baseUrl, credentials }, actor())
  const settings = { demo: { ...estate, startAt: tenant.startAt } }
  return hub.sources.create({ name: 'Demo tenant', kind: 'tenable-vm', baseUrl, credentials, settings }, actor())
}

async function firstSync({ output, signal }: Context, hub: Hub, source: Source): Promise<RunView> {
  await hub.engine.start()
  const { runId } = await hub.engine.requestRun({ sourceId: source.id, kind: 'full', trigger: 'demo' }, actor())
  output.say(`Full sync of ${source.name} at ${source.baseUrl} into PostgreSQL:`)
  return followRun(hub, runId, createProgress(output), signal)
}

function answerOf(run: RunView, check: MirrorCheck, url: string | null) {
  const comparison = check.rows.map(({ what, source, mirror }) => ({ what: what.trim(), source, mirror }))
  return { url, equal: check.isEqual, comparison, run: reportOf(run) }
}

function exitCodeOf(run: RunView, check: MirrorCheck): ExitCode {
  return check.isEqual ? exitCodeOfRun(run) : exitCodes.failed
}

function invitation(hub: Hub, url: string, signIn: string, { web }: DemoOptions): string {
  const data = hub.databaseKind === 'bundled' ? `TENFOLD_DATA_DIR="${hub.dataDir}" ` : ''
  return [
    web ? `Have a look: ${signIn}` : `The API is at ${url}/api; "tenfold user token ${demoUser}" makes a token for it.`,
    ...(web ? ['  The link signs one browser in, once, within the hour; the next start prints another.'] : []),
    `  or, in another terminal: ${data}npx tenfold status`,
    '  Nobody but this machine can reach it. Press Ctrl-C to stop.',
  ].join('\n')
}
