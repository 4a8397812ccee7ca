import type { Json, JsonObject } from '../json.ts'
import type { DifferenceCause } from './facts.ts'

/** A cause and its evidence in a sentence. */
export function explain(cause: DifferenceCause, evidence: JsonObject): string {
  if (evidence.findings !== undefined) return ofMachine(evidence.findings)
  const counted =
    typeof evidence.source === 'number'
      ? ` The source counts ${word(evidence.source)}, the mirror ${word(evidence.mirror)}.`
      : ''
  return words[cause](evidence) + counted
}

const words: Readonly<Record<DifferenceCause, (evidence: JsonObject) => string>> = {
  licensed: e =>
    e.is_licensed === false
      ? 'The asset takes no licence; exports show licensed assets alone.'
      : 'The source gives the asset a new id at each scan; exports do not show such assets.',
  info: e => `It is informational, and ${sideOf(e)} show${e.side === 'api' ? 's' : ''} ${list(e.severities)} alone.`,
  window: e =>
    `It was found last at ${word(e.last_found)}, before the ${word(e.days)} days up to ${word(e.files_at)} that the files show.`,
  state: e =>
    fadingWords[String(e.api_state)] ??
    [
      `The files have it ${word(e.files_state, 'not at all')}, the API ${word(e.api_state, 'not at all')}`,
      e.at ? ` since ${word(e.at)}` : '',
      '.',
      e.asset_status && e.asset_status !== 'live' ? ` The asset is ${word(e.asset_status).replace('_', ' ')}.` : '',
      e.asset ? ` It is known there as ${word(e.asset)} by ${list(e.shared)}.` : '',
    ].join(''),
  recast: recastWords,
  scope: e => {
    if (e.network_id) return `It is in network ${word(e.network_id)}, of which no machine is in the files.`
    if (e.severity)
      return `It is ${word(e.severity)}, and ${sideOf(e)} show${e.side === 'api' ? 's' : ''} ${list(e.severities)} alone.`
    return e.is_marked
      ? `It is outside what the API source is limited to: ${word(e.scope)}.`
      : `The API source is limited to ${word(e.scope)}, and does not know the machine.`
  },
  identity: e =>
    `No record of ${sideOf(e)} is held to be the same machine; ${word(e.asset)} may be, by ${list(e.shared)}.`,
  rejected: e =>
    typeof e.records === 'number'
      ? `${word(e.records)} records of the plugin could not be read.`
      : `${e.side === 'files' ? 'A row of a file' : 'A record of the API'} that names it could not be read: ${word(e.reason)}`,
  timing: e =>
    e.is_full
      ? `The file of ${word(e.happened_at)} does not have it; what the source has dropped shows at its next full run, and the last was at ${word(e.read_at)}.`
      : `It changed at ${word(e.happened_at)}; ${e.side === 'files' ? 'the latest file speaks for' : 'the API was read up to'} ${word(e.read_at)}.`,
  missing: e => {
    if (e.counted_at) return `It was counted at ${word(e.counted_at)}; the mirror, read since, still lacks some.`
    const machine = e.is_machine_known ? 'the machine but not the finding' : 'neither the machine nor the finding'
    return `${e.side === 'files' ? 'The files have' : 'The API has'} ${machine}, and nothing known explains it. Found first ${word(e.first_found, 'at an unknown time')}, last ${word(e.last_found, 'at an unknown time')}.`
  },
  unexplained: e =>
    e.counted_at
      ? `It was counted at ${word(e.counted_at)}; the mirror, read since, has more.`
      : `The files call it ${word(e.files_severity)}, the API ${word(e.api_severity)}, and nothing known explains it.`,
}

const fadingWords: Readonly<Record<string, string>> = {
  unconfirmed: 'The source did not tell of it in its last full run; the next one confirms that it is gone.',
  held: 'The source no longer tells of it; a sweep that would end it waits for somebody to decide.',
}

function recastWords(e: JsonObject): string {
  const sides = `the files call it ${word(e.files_severity)}, the API ${word(e.api_severity)}`
  const reason = e.reason ? ` Reason: ${word(e.reason)}` : ''
  switch (e.basis) {
    case 'accepted':
      return e.files_severity
        ? `Its risk is accepted: ${sides}.${reason}`
        : `Its risk is accepted, and exports leave out what is.${reason}`
    case 'recasted':
      return `A rule recasts it from ${word(e.default_severity, 'another severity')}: ${sides}.${reason}`
    case 'cvss':
      return `Made of different scores (CVSS v2 ${word(e.cvss2)}, v3 ${word(e.cvss3)}): ${sides}.`
    default:
      return `The plugin’s own severity is ${word(e.default_severity, 'unknown')}: ${sides}.`
  }
}

function ofMachine(findings: Json | undefined): string {
  const counts = Object.entries((findings ?? {}) as JsonObject)
  if (counts.length === 0) return 'Nothing is known of its findings.'
  const parts = counts.map(([cause, count]) => `${word(count)} ${causeNames[cause as DifferenceCause] ?? cause}`)
  return `Of its open findings: ${parts.join(', ')}.`
}

/** As a person says them. */
export const causeNames: Readonly<Record<DifferenceCause, string>> = {
  licensed: 'not licensed',
  info: 'informational, left out',
  window: 'outside the 30 days',
  state: 'another state',
  recast: 'recast or accepted',
  scope: 'out of scope',
  identity: 'another identity',
  rejected: 'not readable',
  timing: 'read at another time',
  missing: 'missing',
  unexplained: 'unexplained',
}

function sideOf({ side }: JsonObject): string {
  return side === 'api' ? 'the API source' : 'the files'
}

function word(value: Json | undefined, otherwise = 'unknown'): string {
  return value === null || value === undefined ? otherwise : minuteOf(String(value))
}

/** `2026-10-01T05:57:00.123Z` as `2026-10-01 05:57 UTC`; what is no instant as it is. */
function minuteOf(text: string): string {
  const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*Z$/.exec(text)
  return found ? `${found[1]} ${found[2]} UTC` : text
}

function list(value: Json | undefined): string {
  return Array.isArray(value) && value.length > 0 ? value.map(String).join(', ') : 'nothing'
}
