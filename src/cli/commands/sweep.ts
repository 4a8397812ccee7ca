import { type Command, Option } from 'commander'
import {
  type SweepDetail,
  type SweepPage,
  type SweepRowView,
  type SweepView,
  sweepCauses,
  sweepStatuses,
} from '../../contract/sweeps.ts'
import { pluginName } from '../../domain/plugin-name.ts'
import type { Hub } from '../../hub.ts'
import { CancelledError } from '../../platform/errors.ts'
import { type Act, actor, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { followSweep } from '../follow-sweep.ts'
import { type JsonOption, jsonOption, listOf, whole } from '../options.ts'
import { createProgress } from '../progress.ts'
import { count, counted, instant, pairs, table } from '../text.ts'

interface ListOptions extends JsonOption {
  readonly status?: readonly (typeof sweepStatuses)[number][]
}

interface ConfirmOptions extends JsonOption {
  readonly wait: boolean
}

interface ShowOptions extends JsonOption {
  readonly limit: number
  readonly cause?: readonly (typeof sweepCauses)[number][]
  readonly cursor?: string
}

export function sweepCommand(program: Command, act: Act): void {
  const command = program
    .command('sweep')
    .summary('confirm or reject what a full sync would end')
    .description(
      'After a full sync, assets and findings that Tenable no longer has are ended. When that would be too many at once ' +
        'nothing is ended until a person has looked: confirm ends them, reject leaves them as they are.',
    )
  command
    .command('list', { isDefault: true })
    .description('Lists the sweeps that wait for a decision, or those of another status.')
    .addOption(new Option('--status <list>', `of ${sweepStatuses.join(', ')}`).argParser(listOf(sweepStatuses)))
    .addOption(jsonOption())
    .action(act(list))
  command
    .command('show')
    .description('Shows what the sweep of a run would end.')
    .argument('<run>', 'the id of the run', runId)
    .addOption(new Option('--limit <number>', 'rows at most').argParser(whole(0, 500)).default(20))
    .addOption(new Option('--cause <list>', `only of ${sweepCauses.join(', ')}`).argParser(listOf(sweepCauses)))
    .option('--cursor <text>', 'next_cursor of the rows before')
    .addOption(jsonOption())
    .action(act(show))
  command
    .command('confirm')
    .description(
      'Ends what the sweep of a run names, and waits until that is done. A running server or worker does it; without ' +
        'one, this command.',
    )
    .argument('<run>', 'the id of the run', runId)
    .option('--no-wait', 'return when it is queued: the server or a worker does it, or the next sync')
    .addOption(jsonOption())
    .action(act(confirm))
  command
    .command('reject')
    .description('Leaves everything that the sweep of a run names as it is.')
    .argument('<run>', 'the id of the run', runId)
    .addOption(jsonOption())
    .action(act(reject))
}

const runId = whole(1, Number.MAX_SAFE_INTEGER)

function list(context: Context, options: ListOptions): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const page: SweepPage = await hub.sweeps.list({ filter: { status: options.status ?? ['held'] }, limit: 100 })
    context.output.answer(page, () =>
      page.items.length > 0
        ? sweepsTable(page.items)
        : options.status === undefined
          ? 'No sweep waits for a decision.'
          : 'No sweep is of that status.',
    )
    return exitCodes.done
  })
}

function show(context: Context, run: number, options: ShowOptions): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const detail = await hub.sweeps.get(run, {
      limit: Math.max(1, options.limit),
      cause: options.cause,
      cursor: options.cursor,
    })
    context.output.answer(detail, () => describe(detail, options.limit))
    return exitCodes.done
  })
}

function confirm(context: Context, run: number, options: ConfirmOptions): Promise<ExitCode> {
  const { output, signal } = context
  return withHub(context, {}, async hub => {
    const confirmed: SweepView = await hub.sweeps.decide(run, 'confirm', actor())
    const sweep = options.wait ? await followed(context, hub, run, signal) : confirmed
    const { assets, findings } = sweep.would_end
    output.answer(sweep, () =>
      sweep.status === 'applied'
        ? `${counted(assets, 'asset')} aged out and ${counted(findings, 'finding')} ended; none is called fixed.`
        : `Queued: ${counted(assets, 'asset')} and ${counted(findings, 'finding')}. See how far it is: tenfold sweep show ${run}.`,
    )
    return exitCodes.done
  })
}

async function followed(context: Context, hub: Hub, run: number, signal: AbortSignal): Promise<SweepView> {
  try {
    const { rows: _, ...sweep } = await followSweep(hub, run, createProgress(context.output), signal)
    return sweep
  } catch (thrown) {
    if (!signal.aborted) throw thrown
    throw new CancelledError(
      `Not waited for any more. The sweep of run ${run} stays confirmed: the server, a worker or the next sync carries it out.`,
      { cause: thrown },
    )
  }
}

function reject(context: Context, run: number, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const sweep: SweepView = await hub.sweeps.decide(run, 'reject', actor())
    const { assets, findings } = sweep.would_end
    context.output.answer(
      sweep,
      () => `Nothing was ended: ${counted(assets, 'asset')} and ${counted(findings, 'finding')} stay as they were.`,
    )
    return exitCodes.done
  })
}

function sweepsTable(sweeps: readonly SweepView[]): string {
  return table<SweepView>(
    [
      { title: 'Run', align: 'right', value: row => String(row.run_id) },
      { title: 'Source', maxWidth: 32, value: row => row.source },
      { title: 'Status', value: row => row.status },
      { title: 'Assets', align: 'right', value: row => `${count(row.would_end.assets)} of ${count(row.assets_live)}` },
      {
        title: 'Findings',
        align: 'right',
        value: row => `${count(row.would_end.findings)} of ${count(row.findings_open)}`,
      },
      { title: 'Planned', value: row => instant(row.planned_at) },
      { title: 'Decided by', maxWidth: 32, value: row => row.decided_by },
    ],
    sweeps,
  )
}

function describe(sweep: SweepDetail, limit: number): string {
  const { would_end: end, rows } = sweep
  const shown = rows.items.slice(0, limit)
  return [
    `Run ${sweep.run_id} of ${sweep.source}: ${sweep.status}. ${sweep.reason}`,
    ...howFar(sweep),
    pairs([
      ['assets aged out', `${count(end.assets)} of ${count(sweep.assets_live)}`],
      ['findings ended', `${count(end.findings)} of ${count(sweep.findings_open)}`],
      ['  of assets that are gone', end.asset_gone],
      ['  superseded', end.superseded],
      ['  withdrawn', end.withdrawn],
      ['findings unconfirmed', sweep.unconfirmed],
      ['assets out of scope', sweep.out_of_scope.assets],
      ['findings out of scope', sweep.out_of_scope.findings],
    ]),
    ...(shown.length === 0 ? [] : ['', rowsTable(shown)]),
    ...(rows.next_cursor === null ? [] : [`… and more: --limit, or --cursor ${rows.next_cursor}`]),
    ...(sweep.status === 'held'
      ? ['', `Decide: tenfold sweep confirm ${sweep.run_id}, or tenfold sweep reject ${sweep.run_id}.`]
      : []),
  ].join('\n')
}

function howFar({ status, decided_by, progress, error }: SweepView): string[] {
  if (status !== 'confirmed') return []
  const far =
    progress === null
      ? 'nobody has begun yet'
      : `${count(progress.assets_done)} of ${counted(progress.assets, 'asset')} done`
  return [
    `Confirmed by ${decided_by}: ${far}.${error === null ? '' : ` It could not be carried out: ${error} It is tried again.`}`,
  ]
}

function rowsTable(rows: readonly SweepRowView[]): string {
  return table<SweepRowView>(
    [
      { title: 'Cause', value: row => row.cause },
      { title: 'Asset', maxWidth: 40, value: row => row.asset_name },
      { title: 'Last seen', value: row => instant(row.last_seen) },
      { title: 'Plugin', align: 'right', value: row => (row.plugin_id === null ? '' : String(row.plugin_id)) },
      {
        title: 'Name',
        maxWidth: 48,
        value: row => (row.plugin_id === null ? null : pluginName(row.plugin_name, row.plugin_id)),
      },
      { title: 'Severity', value: row => row.severity },
    ],
    rows,
  )
}
