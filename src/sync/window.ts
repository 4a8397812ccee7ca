import type { Connector, Identity, StreamName } from '../connectors/connector.ts'
import type { SourceScope } from '../domain/scope.ts'
import type { Clock } from '../platform/clock.ts'
import { messageOf, SourceError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Database } from '../store/database.ts'
import * as window from '../store/reading-window.ts'
import type { PlannedRun } from './plan-run.ts'

// From when a delta asks, and when what it would start from cannot be believed, so that everything is read instead.

export interface WindowDeps {
  readonly database: Database
  readonly connector: Connector
  readonly clock: Clock
  readonly log: Log
}

/** What a stream of a run is asked for. Unix seconds; null asks for everything. */
export interface Window {
  readonly since: number | null
  /** For sources that only tell when a scan found something, which they index later. */
  readonly foundSince: number | null
  /** How far `since` lies before the watermark. */
  readonly overlapSeconds: number | null
  /** Up to when the stream was read before, also where everything is asked for; null when it never was. */
  readonly readBefore: number | null
}

export const everything: Window = { since: null, foundSince: null, overlapSeconds: null, readBefore: null }

/** Asked by when the source indexed or changed something, an hour is for its clock and for what it shows a little late. */
const overlapSeconds = 3600
/** How late a source indexes what scans find, until its rows have told. */
const unmeasuredDelaySeconds = 24 * 3600

/** @param indexingDelay seconds, as measured; null when too few rows told */
export function windowSince(watermark: string, indexingDelay: number | null): Window {
  const seconds = Math.floor(Date.parse(watermark) / 1000)
  const delay = Math.max(overlapSeconds, indexingDelay ?? unmeasuredDelaySeconds)
  const since = Math.max(1, seconds - overlapSeconds)
  return { since, foundSince: Math.max(1, seconds - delay), overlapSeconds, readBefore: since }
}

/** Why a delta cannot start from its watermark. */
export interface Doubt {
  readonly code: 'watermark_in_future' | 'watermark_too_old' | 'clock_went_back' | 'database_restored'
  readonly text: string
}

/** Clocks are compared over a network, and a `Date` header has whole seconds. */
const toleranceMs = 5 * 60_000
/** After so long the source may have forgotten what it deleted, and a network's shortest age-out is 14 days. */
const tooOldMs = 30 * 86_400_000
/** The vendor's list of jobs goes back three days: an older state cannot be told from it. */
const listedMs = 3 * 86_400_000

/**
 * Looks for a reason not to believe the watermarks a delta would start from.
 * @param watermarks of the streams that it reads and that change without telling a version
 */
export async function doubtOf(
  deps: WindowDeps,
  run: Pick<PlannedRun, 'source' | 'scope'>,
  identity: Identity,
  watermarks: ReadonlyMap<StreamName, window.Watermark>,
  signal: AbortSignal,
): Promise<Doubt | undefined> {
  const now = identity.now === null ? deps.clock.now().getTime() : Date.parse(identity.now)
  const offsetMs = clockOffsetMs(deps.clock, identity)
  for (const [stream, watermark] of watermarks) {
    const doubt = doubtOfClock(stream, watermark, now, offsetMs)
    if (doubt) return doubt
  }
  const findings = watermarks.get('findings')
  return findings && (await doubtOfMemory(deps, run, findings, now, signal))
}

/** The source's clock minus ours; null when it told no time. */
export function clockOffsetMs(clock: Clock, { now }: Identity): number | null {
  return now === null ? null : Date.parse(now) - clock.now().getTime()
}

function doubtOfClock(
  stream: StreamName,
  watermark: window.Watermark,
  now: number,
  offsetMs: number | null,
): Doubt | undefined {
  const at = Date.parse(watermark.at)
  if (at > now + toleranceMs) {
    return {
      code: 'watermark_in_future',
      text: `The last complete reading of ${stream} is dated ${watermark.at}, but the source's clock says ${iso(now)}: one of the two was wrong.`,
    }
  }
  if (now - at > tooOldMs) {
    const days = Math.floor((now - at) / 86_400_000)
    return {
      code: 'watermark_too_old',
      text: `The last complete reading of ${stream} is ${days} days old, and the source does not tell for so long what it deleted.`,
    }
  }
  const backMs = offsetMs === null || watermark.clockOffsetMs === null ? 0 : watermark.clockOffsetMs - offsetMs
  // Less than the overlap is read again anyway. A clock that went forward leaves no gap.
  if (backMs <= overlapSeconds * 1000) return undefined
  const minutes = Math.round(backMs / 60_000)
  return {
    code: 'clock_went_back',
    text: `Since the last complete reading of ${stream} the source's clock went back by ${minutes} minutes against this machine's, so what changed in between may be dated before it.`,
  }
}

/** A database that was put back to an older state does not know what runs after that state have read. */
async function doubtOfMemory(
  deps: WindowDeps,
  { source, scope }: Pick<PlannedRun, 'source' | 'scope'>,
  { at }: window.Watermark,
  now: number,
  signal: AbortSignal,
): Promise<Doubt | undefined> {
  const { database } = deps
  if (now - Date.parse(at) > listedMs && (await window.isRestoredSince(database, source.id))) {
    return {
      code: 'database_restored',
      text: `The database was restored from a backup whose last complete reading is of ${at}.`,
    }
  }
  const unknown = await window.findUnknownExports(database, await sameExports(deps, scope, at, signal))
  if (unknown.length === 0) return undefined
  return {
    code: 'database_restored',
    text: `The source remembers an export from this very watermark (${unknown[0]}) that this database knows nothing of: it seems to have been put back to an older state.`,
  }
}

/** The list of jobs is a help; a source that refuses it is read all the same. */
async function sameExports(
  deps: WindowDeps,
  scope: SourceScope,
  watermark: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { since, foundSince } = windowSince(watermark, null)
  try {
    return await deps.connector.sameExports(
      { stream: 'findings', scope, target: null, mode: 'delta', since, foundSince, resume: null, families: null },
      signal,
    )
  } catch (thrown) {
    if (!(thrown instanceof SourceError) || thrown.code === 'bad_credentials') throw thrown
    deps.log.warn({ code: thrown.code, reason: messageOf(thrown) }, 'the list of exports could not be looked at')
    return []
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()
