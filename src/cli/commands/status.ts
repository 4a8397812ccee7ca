import { type Command, Option } from 'commander'
import type { SourceFreshness, StatusReport } from '../../contract/statistics.ts'
import type { RunView } from '../../contract/sync.ts'
import { findingStates } from '../../domain/finding.ts'
import { severities } from '../../domain/severity.ts'
import type { Hub } from '../../hub.ts'
import { type Act, type Context, withHub } from '../context.ts'
import { describeMoment } from '../describe-moment.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption, moment } from '../options.ts'
import { progressOf } from '../run-report.ts'
import { count, counted, instant, pairs, table } from '../text.ts'

export function statusCommand(program: Command, act: Act): void {
  program
    .command('status')
    .summary('what the mirror holds, and how fresh it is')
    .description(
      'Counts assets and findings, says how fresh they are and what runs. Counted are live, tracked, licensed assets and ' +
        'their findings that are open or reopened and not ended; what that leaves out is shown beside it.',
    )
    .addOption(
      new Option('--as-of <date>', 'as it was at the end of that day in UTC, or at that instant').argParser(moment),
    )
    .addOption(new Option('--known-at <date>', 'only by what we had been told by then').argParser(moment))
    .addOption(jsonOption())
    .action(act(status))
}

interface StatusOptions extends JsonOption {
  readonly asOf?: string
  readonly knownAt?: string
}

function status(context: Context, { asOf, knownAt }: StatusOptions): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    if (asOf !== undefined || knownAt !== undefined) {
      const then = await hub.read.statusThen({ asOf, knownAt })
      context.output.answer(then, () => describeThen(then))
      return exitCodes.done
    }
    const report = await hub.read.status()
    const runs = await hub.read.openRuns()
    const workers = await hub.read.workers()
    context.output.answer({ ...report, runs, workers }, () => describeStatus(report, runs, workers))
    return exitCodes.done
  })
}

/** What the mirror holds, for a person. */
export function describeStatus(report: StatusReport, runs: readonly RunView[], workers: Workers): string {
  return [
    ...heldLines(report),
    '',
    report.sources.length === 0
      ? 'No source yet: set TENABLE_ACCESS_KEY and TENABLE_SECRET_KEY.'
      : sourcesTable(report.sources),
    ...report.notices.map((notice, place) => `${place === 0 ? '\n' : ''}${notice}`),
    ...workersLine(workers),
    ...report.sources.flatMap(source => lastRunLines(source)),
    ...runs.map(run => `\n${describeOpen(run)}`),
  ]
    .filter(line => line !== undefined)
    .join('\n')
}

type Workers = Awaited<ReturnType<Hub['read']['workers']>>

/** One process alone needs no line of its own. */
function workersLine(workers: Workers): readonly string[] {
  const alive = workers.filter(worker => worker.heartbeat_age_ms < 15_000)
  if (alive.length < 2) return []
  const threads = alive.reduce((sum, worker) => sum + worker.threads, 0)
  return [
    `\n${counted(alive.length, 'process', 'processes')} read sources, with ${counted(threads, 'thread')} together`,
  ]
}

type Then = Awaited<ReturnType<Hub['read']['statusThen']>>

function describeThen(then: Then): string {
  return [describeMoment(then.history), '', ...heldLines(then)].join('\n')
}

/** Counted at one moment, now or then. */
type Held = Pick<StatusReport, 'assets' | 'findings' | 'leftOut'> | Pick<Then, 'assets' | 'findings' | 'leftOut'>

/** What there is, and what the default count leaves out of it. */
function heldLines({ assets, findings, leftOut }: Held): readonly string[] {
  const lines = [
    'Assets',
    pairs([
      ['live', assets.live],
      ['deleted', assets.deleted],
      ['terminated', assets.terminated],
      ['aged out', assets.aged_out],
    ]),
    leftOutLine([
      [leftOut.assets.unlicensed, 'unlicensed'],
      [leftOut.assets.untracked, 'untracked'],
      [leftOut.assets.out_of_scope, 'out of scope'],
    ]),
    '',
    'Findings',
    pairs(findingStates.map(state => [state, findings.state[state]] as const)),
    '',
    'Open and reopened, by severity',
    pairs([...severities].reverse().map(severity => [severity, findings.severity[severity]] as const)),
    leftOutLine([
      [leftOut.findings.unlicensed, 'on unlicensed assets'],
      [leftOut.findings.untracked, 'on untracked assets'],
      [leftOut.findings.gone, 'on assets that are gone'],
      [leftOut.findings.ended, endedWords(leftOut.findings.out_of_scope)],
    ]),
  ]
  return lines.filter(line => line !== undefined)
}

function endedWords(outOfScope: number | null): string {
  return outOfScope ? `ended without a fix (${count(outOfScope)} of them out of scope)` : 'ended without a fix'
}

function leftOutLine(parts: readonly (readonly [number, string])[]): string | undefined {
  const said = parts.filter(([value]) => value > 0).map(([value, what]) => `${count(value)} ${what}`)
  return said.length === 0 ? undefined : `  left out: ${said.join(', ')}`
}

function sourcesTable(sources: readonly SourceFreshness[]): string {
  return table<SourceFreshness>(
    [
      { title: 'Source', maxWidth: 40, value: row => row.source },
      { title: 'Complete as of', value: row => instant(row.as_of) },
      { title: 'Last run', value: row => (row.last_run ? `${row.last_run.id} ${row.last_run.status}` : 'none') },
      { title: '', value: freshnessOf },
    ],
    sources,
  )
}

function freshnessOf(row: SourceFreshness): string {
  if (!row.is_enabled) return 'switched off'
  if (row.health.needs_key) return 'needs a new key'
  if (row.health.circuit !== 'closed') return 'not answering'
  if (row.health.is_paused) return 'paused'
  if (row.as_of === null) return 'never complete'
  return row.is_stale ? 'stale' : 'fresh'
}

/** What a person should know of a run that did not end well, or that did other than it was asked. */
function lastRunLines({ source, last_run: run }: SourceFreshness): string[] {
  if (run === null || run.finished_at === null) return []
  const why = run.error_code === null ? [] : [`  ${run.error_message ?? ''} [${run.error_code}]`]
  const lines = [...why, ...run.notes.map(note => `  Note: ${note}`)]
  return lines.length === 0 ? [] : [`\nRun ${run.id} of ${source} ended as ${run.status}`, ...lines]
}

function describeOpen(run: RunView): string {
  const rows = progressOf(run, run.duration_ms ?? 0).map(row => `  ${row.label}: ${row.text}`)
  return [
    `Run ${run.id} of ${run.source} (${run.kind}, ${run.status}), ${counted(run.counts.received, 'record')} so far`,
    ...rows,
  ].join('\n')
}
