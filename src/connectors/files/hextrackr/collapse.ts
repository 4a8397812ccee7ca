import type { Confidence, FileFinding } from '../../../domain/file-reading.ts'
import type { FindingState } from '../../../domain/finding.ts'
import type { JsonObject } from '../../../domain/json.ts'
import { severities } from '../../../domain/severity.ts'
import { instantOf } from './cells.ts'
import type { ShelvedRow } from './shelf.ts'

// From HexTrackr's rows of single CVEs to one finding, and how well each of its facts is known.

export type MarkedFact = 'machine' | 'port' | 'severity' | 'state' | 'first_found' | 'last_found' | 'last_fixed'

export interface Mark {
  readonly fact: MarkedFact
  readonly mark: Confidence
  readonly why: string
}

export interface Collapsed {
  readonly finding: FileFinding
  readonly marks: readonly Mark[]
}

export interface CollapseContext {
  /** Days of which there is a snapshot, oldest first. */
  readonly snapshots: readonly string[]
  /** The newest day that the file speaks of. */
  readonly newestDay: string
}

/** @param rows all rows about one finding, those of what is current first, then those of snapshots by day */
export function collapse(rows: readonly ShelvedRow[], context: CollapseContext): Collapsed {
  const current = rows.filter(row => row.day === null)
  const days = rows.flatMap(row => row.day ?? [])
  const course = courseOf(current, days, context)
  const first = firstFoundOf(current, days, course)
  const severity = severityOf(current.length > 0 ? current : rows.filter(row => row.day === days.at(-1)), course.isOpen)
  const head = rows[0]!
  const marks: Mark[] = [
    machineMark(head.nativeId),
    { fact: 'port', mark: 'guessed', why: 'HexTrackr keeps no port and no protocol: port 0, protocol unknown.' },
    severity.mark,
    course.mark,
    first.mark,
    ...(course.lastFound === null ? [] : [seenMark]),
    ...(course.fixedMark ? [course.fixedMark] : []),
  ]
  const finding: FileFinding = {
    row: Math.min(...rows.map(row => row.row)),
    nativeId: head.nativeId,
    pluginId: head.pluginId,
    port: 0,
    protocol: 'unknown',
    instance: '',
    state: course.state,
    severity: severities[severity.rank]!,
    defaultSeverity: null,
    severityModification: null,
    modificationReason: null,
    firstFound: first.day && instantOf(first.day),
    lastFound: course.lastFound && instantOf(course.lastFound),
    lastFixed: course.lastFixed && instantOf(course.lastFixed),
    resurfacedAt: course.resurfaced && instantOf(course.resurfaced),
    versionAt: instantOf(course.versionDay),
    service: null,
    sensor: null,
    scanUuid: null,
    scanScheduleUuid: null,
    scanStartedAt: null,
    scanCompletedAt: null,
    scanTarget: null,
    findingId: null,
    output: null,
    extra: { hextrackr: noteOf(rows, current, first.claimed, marks) },
  }
  return { finding, marks }
}

function machineMark(nativeId: string): Mark {
  return nativeId.startsWith('ip:')
    ? { fact: 'machine', mark: 'guessed', why: 'Only an address names the machine.' }
    : { fact: 'machine', mark: 'derived', why: 'HexTrackr keeps the first label of a name and an address, no id.' }
}

const seenMark: Mark = { fact: 'last_found', mark: 'exact', why: 'The day of the last scan that had it.' }

interface Course {
  readonly isOpen: boolean
  readonly state: FindingState
  readonly mark: Mark
  readonly lastFound: string | null
  readonly lastFixed: string | null
  readonly fixedMark?: Mark
  readonly resurfaced: string | null
  /** When it was last told of. */
  readonly versionDay: string
}

const stateMark = (mark: Confidence, why: string): Mark => ({ fact: 'state', mark, why })
const fixedMark = (mark: Confidence, why: string): Mark => ({ fact: 'last_fixed', mark, why })
const absent = fixedMark('derived', 'The day of the first scan that did not have it; no source said that it is fixed.')

function courseOf(current: readonly ShelvedRow[], days: readonly string[], context: CollapseContext): Course {
  const open = current.filter(row => row.lifecycle !== 'resolved')
  const lastFound = latest([...(open.length > 0 ? open : current).map(row => row.lastSeen), days.at(-1) ?? null])
  if (open.length > 0) return openCourse(current, open, days, lastFound, context)
  if (current.length === 0) return snapshotCourse(days, context)
  const resolved = latest(current.map(row => row.resolved))
  const fixed = resolved ?? context.snapshots.find(day => lastFound !== null && day > lastFound) ?? context.newestDay
  const isContradicted = resolved !== null && lastFound !== null && resolved <= lastFound
  return {
    isOpen: false,
    state: 'fixed',
    mark: isContradicted
      ? stateMark(
          'guessed',
          'HexTrackr resolved it on a day on which it was seen: each of two files of one day resolves the other’s.',
        )
      : stateMark('exact', 'HexTrackr’s lifecycle.'),
    lastFound,
    lastFixed: fixed,
    fixedMark: resolved === null ? fixedMark('guessed', 'HexTrackr gives no day.') : absent,
    resurfaced: null,
    versionDay: latest([fixed, lastFound]) ?? fixed,
  }
}

function openCourse(
  current: readonly ShelvedRow[],
  open: readonly ShelvedRow[],
  days: readonly string[],
  lastFound: string | null,
  { snapshots, newestDay }: CollapseContext,
): Course {
  const isHalfway = open.every(row => row.lifecycle === 'grace_period')
  const base = { isOpen: true, lastFound, versionDay: lastFound ?? newestDay }
  const round = earlierRound(current, days, snapshots, lastFound)
  if (round) {
    return {
      ...base,
      state: 'reopened',
      mark: stateMark('derived', 'It had been resolved and was there again; HexTrackr calls that active.'),
      lastFixed: round.fixed,
      fixedMark: absent,
      resurfaced: round.found,
    }
  }
  const mark = isHalfway
    ? stateMark('guessed', 'HexTrackr left it in its grace period: an import of its own ended in the middle.')
    : open.length < current.length
      ? stateMark('derived', 'Some of its CVEs are resolved and others are not: open.')
      : stateMark('exact', 'HexTrackr’s lifecycle.')
  return { ...base, state: 'open', mark, lastFixed: null, resurfaced: null }
}

/**
 * When it was away and came again, of an open one: HexTrackr leaves an old day of resolution on a row that is active
 * again, and a snapshot does not have it though an earlier and a later day do.
 */
function earlierRound(
  current: readonly ShelvedRow[],
  days: readonly string[],
  snapshots: readonly string[],
  lastFound: string | null,
): { readonly fixed: string; readonly found: string } | undefined {
  const resolved = current.every(row => row.resolved !== null) ? latest(current.map(row => row.resolved)) : null
  const begun = earliest([...current.map(row => observedFirst(row)), days[0] ?? null])
  const missed = snapshots.filter(
    day => begun !== null && lastFound !== null && day > begun && day < lastFound && !days.includes(day),
  )
  const gap = missed.at(-1)
  if (gap === undefined && (resolved === null || lastFound === null || resolved >= lastFound)) return undefined
  // The last stretch of days without it.
  const before = gap === undefined ? undefined : days.findLast(day => day < gap)
  const missedFrom = gap === undefined ? resolved! : missed.find(day => before === undefined || day > before)!
  const isOlder = resolved !== null && resolved < missedFrom && (before === undefined || resolved > before)
  const fixed = isOlder || gap === undefined ? resolved! : missedFrom
  const found = days.find(day => day > (gap ?? fixed)) ?? lastFound!
  return { fixed, found }
}

/** HexTrackr's row is gone, and one of its last snapshots had it. */
function snapshotCourse(days: readonly string[], { snapshots, newestDay }: CollapseContext): Course {
  const lastFound = days.at(-1)!
  const fixed = snapshots.find(day => day > lastFound)
  const base = { lastFound, resurfaced: null }
  if (fixed === undefined) {
    const mark = stateMark('guessed', 'The newest snapshot has it, and HexTrackr’s current list does not.')
    return { ...base, isOpen: true, state: 'open', mark, lastFixed: null, versionDay: lastFound ?? newestDay }
  }
  const mark = stateMark('derived', 'Only a snapshot has it; a later one does not.')
  return { ...base, isOpen: false, state: 'fixed', mark, lastFixed: fixed, fixedMark: absent, versionDay: fixed }
}

interface FirstFound {
  readonly day: string | null
  readonly mark: Mark
  /** What HexTrackr gives as first seen, where it is the day on which the plugin was published. */
  readonly claimed: string | null
}

function firstFoundOf(current: readonly ShelvedRow[], days: readonly string[], course: Course): FirstFound {
  const claimed = earliest(current.filter(isClaim).map(row => row.firstSeen))
  const scanned = earliest(current.filter(row => !isClaim(row)).map(row => row.firstSeen))
  const stored = earliest(current.map(row => row.stored))
  const limit = earliest([course.lastFound, course.lastFixed, course.resurfaced])
  const day = earliest([scanned, stored, days[0] ?? null, limit])
  const mark = (word: Confidence, why: string): Mark => ({ fact: 'first_found', mark: word, why })
  if (day === null) return { day, claimed, mark: mark('guessed', 'HexTrackr gives no day on which it was seen first.') }
  if (scanned !== null && day === scanned && !current.some(isClaim)) {
    return { day, claimed, mark: mark('exact', 'The day of the first scan that had it.') }
  }
  if (day === stored || day === days[0]) {
    return {
      day,
      claimed,
      mark: mark(
        'derived',
        'The first day on which HexTrackr had it; its own first seen is the day the plugin was published.',
      ),
    }
  }
  return { day, claimed, mark: mark('guessed', 'The last day on which it was seen, for want of an earlier one.') }
}

/** HexTrackr writes the day of publication where a scan gave one: no sighting, whatever it is called. */
function isClaim(row: ShelvedRow): boolean {
  return row.firstSeen !== null && row.firstSeen === row.published
}

function observedFirst(row: ShelvedRow): string | null {
  return earliest([isClaim(row) ? null : row.firstSeen, row.stored, row.lastSeen])
}

function severityOf(rows: readonly ShelvedRow[], isOpen: boolean): { readonly rank: number; readonly mark: Mark } {
  const open = rows.filter(row => row.lifecycle !== 'resolved')
  const ranks = new Set((isOpen && open.length > 0 ? open : rows).map(row => row.severity))
  const mark: Mark =
    ranks.size === 1
      ? { fact: 'severity', mark: 'exact', why: 'As HexTrackr has it.' }
      : { fact: 'severity', mark: 'derived', why: 'The rows of its CVEs differ: the highest.' }
  return { rank: Math.max(...ranks), mark }
}

/** What the finding keeps of where it came from, beside how well it is known. */
function noteOf(
  rows: readonly ShelvedRow[],
  current: readonly ShelvedRow[],
  claimed: string | null,
  marks: readonly Mark[],
): JsonObject {
  const best = current.toSorted((a, b) => (b.confidence ?? 0) - (a.confidence ?? 0))[0]
  const advisories = [...new Set(rows.flatMap(row => row.ids.split(' ')).filter(id => id.startsWith('cisco-sa-')))]
  const vendor = rows.find(row => row.vendor !== null)?.vendor
  const reason = current.find(row => row.reason !== null)?.reason
  return {
    rows: rows.length,
    ...(claimed === null ? {} : { claimed_first_seen: claimed }),
    ...(best?.confidence == null ? {} : { confidence_score: best.confidence }),
    ...(best?.tier == null ? {} : { dedup_tier: best.tier }),
    ...(vendor == null ? {} : { vendor }),
    ...(reason == null ? {} : { resolution_reason: reason }),
    ...(advisories.length === 0 ? {} : { advisories: advisories.slice(0, 50) }),
    known: Object.fromEntries(marks.map(({ fact, mark }) => [fact, mark])),
  }
}

function earliest(days: readonly (string | null)[]): string | null {
  return days.reduce((best, day) => (best === null || (day !== null && day < best) ? day : best), null)
}

function latest(days: readonly (string | null)[]): string | null {
  return days.reduce((best, day) => (best === null || (day !== null && day > best) ? day : best), null)
}
