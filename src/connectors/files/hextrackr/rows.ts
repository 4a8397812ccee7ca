import type { FileTotal } from '../../../domain/file-reading.ts'
import { totalCounts } from '../../../domain/file-reading.ts'
import { severities } from '../../../domain/severity.ts'
import { addressesOf, fileHost, isAddress } from '../../formats/host-names.ts'
import { UnreadableRow } from '../../formats/unreadable-row.ts'
import { cvesOf, integerOf, severityOf } from '../../formats/values.ts'
import { dayIn, numberIn, textIn } from './cells.ts'
import type { HexRecord } from './tables.ts'

// Rows of HexTrackr as they are kept on the shelf: one for each CVE of a plugin on a machine. Its instants are days.

/** A machine as HexTrackr knows it: the first label of a name, and an address. */
export interface HexMachine {
  readonly nativeId: string
  readonly hostname: string | null
  readonly address: string | null
}

/** What every row says of its machine, its plugin and itself. */
export interface HexSighting extends HexMachine {
  readonly pluginId: number
  /** Its place in the vendor's scale. */
  readonly severity: number
  readonly operatingSystem: string | null
  readonly vendor: string | null
  /** CVEs and other ids of the row, separated by blanks. */
  readonly ids: string
  readonly plugin: HexPlugin
}

export interface HexPlugin {
  readonly name: string | null
  readonly description: string | null
  readonly solution: string | null
  readonly published: string | null
  readonly vprScore: number | null
  readonly cvssScore: number | null
  readonly hasPatch: boolean | null
}

export const lifecycles = ['active', 'grace_period', 'reopened', 'resolved'] as const
export type Lifecycle = (typeof lifecycles)[number]

export interface HexCurrent extends HexSighting {
  readonly lifecycle: Lifecycle
  readonly firstSeen: string | null
  readonly lastSeen: string | null
  readonly resolved: string | null
  readonly reason: string | null
  /** When HexTrackr wrote the row. */
  readonly stored: string | null
  readonly published: string | null
  readonly confidence: number | null
  readonly tier: number | null
}

type Issue = (field: string, problem: string) => void

/** Reads rows; what is odd about one that is kept goes to `issue`. */
export class HexRows {
  readonly #notAfter: string
  readonly #issue: Issue
  readonly #machines = new Map<string, HexMachine>()

  /** @param notAfter the last day that can be */
  constructor(notAfter: string, issue: Issue) {
    this.#notAfter = notAfter
    this.#issue = issue
  }

  /** @throws UnreadableRow */
  current(record: HexRecord): HexCurrent {
    const sighting = this.#sighting(record)
    const said = textIn(record, 'lifecycle_state')?.toLowerCase() ?? 'active'
    const lifecycle = lifecycles.find(one => one === said)
    if (lifecycle === undefined) throw new UnreadableRow(`The lifecycle is unknown: ${said.slice(0, 60)}.`)
    const scanned = this.#day(record, 'scan_date')
    return {
      ...sighting,
      lifecycle,
      firstSeen: this.#day(record, 'first_seen'),
      lastSeen: this.#day(record, 'last_seen') ?? scanned,
      resolved: this.#day(record, 'resolved_date'),
      reason: textIn(record, 'resolution_reason')?.slice(0, 200) ?? null,
      stored: this.#day(record, 'created_at'),
      published: sighting.plugin.published,
      confidence: numberIn(record, 'confidence_score'),
      tier: numberIn(record, 'dedup_tier'),
    }
  }

  /** @throws UnreadableRow */
  snapshot(record: HexRecord): HexSighting & { readonly day: string } {
    const day = dayIn(record, 'scan_date', this.#notAfter)
    if (!day)
      throw new UnreadableRow(
        `The row names no day that can be: ${textIn(record, 'scan_date')?.slice(0, 60) ?? 'none'}.`,
      )
    return { ...this.#sighting(record), day }
  }

  /** @throws UnreadableRow */
  total(record: HexRecord, row: number, isOfVendor: boolean): FileTotal {
    const day = dayIn(record, 'scan_date', this.#notAfter)
    if (!day)
      throw new UnreadableRow(
        `The totals name no day that can be: ${textIn(record, 'scan_date')?.slice(0, 60) ?? 'none'}.`,
      )
    const vendor = isOfVendor ? textIn(record, 'vendor')?.slice(0, 200) : ''
    if (vendor === undefined) throw new UnreadableRow('The totals of a vendor do not say which.')
    const counts = totalCounts.map(column => [column, this.#amount(record, column)] as const)
    return { row, day, vendor, counts: Object.fromEntries(counts) as FileTotal['counts'] }
  }

  #amount(record: HexRecord, column: (typeof totalCounts)[number]): number | null {
    const text = textIn(record, column)
    if (text === null) return null
    const number = numberIn(record, column)
    const isSum = column.endsWith('_vpr')
    if (number !== null && number >= 0 && number < 1e15 && (isSum || Number.isInteger(number))) return number
    throw new UnreadableRow(`The totals have a number that is none: ${column} is ${text.slice(0, 60)}.`)
  }

  #sighting(record: HexRecord): HexSighting {
    const machine = this.#machineOf(record)
    const pluginId = pluginIdOf(record)
    const said = textIn(record, 'severity')
    const severity = said === null ? undefined : severityOf(said)
    if (severity === undefined) throw new UnreadableRow(`The severity is unknown: ${said?.slice(0, 60) ?? 'none'}.`)
    const cve = textIn(record, 'cve')?.slice(0, 2000) ?? ''
    return {
      ...machine,
      pluginId,
      severity: severities.indexOf(severity),
      operatingSystem: textIn(record, 'operating_system')?.slice(0, 500) ?? null,
      vendor: textIn(record, 'vendor')?.slice(0, 200) ?? null,
      ids: idsOf(cve),
      plugin: {
        name: textIn(record, 'plugin_name'),
        description: withoutId(textIn(record, 'description'), cve),
        solution: textIn(record, 'solution_text') ?? textIn(record, 'solution'),
        published: this.#day(record, 'vulnerability_date'),
        vprScore: this.#score(record, 'vpr_score'),
        cvssScore: this.#score(record, 'cvss_score'),
        hasPatch: (numberIn(record, 'is_fix_available') ?? 0) === 1 ? true : null,
      },
    }
  }

  #machineOf(record: HexRecord): HexMachine {
    const name = textIn(record, 'hostname')?.toLowerCase() ?? ''
    const told = textIn(record, 'ip_address') ?? ''
    const key = `${name}\u0001${told}`
    const known = this.#machines.get(key)
    if (known) return known
    const hostname = name === '' || isAddress(name) ? null : name
    const address = addressesOf(told)[0] ?? (isAddress(name) ? name : null)
    const nativeId = fileHost(hostFacts(hostname, address === null ? [] : [address]))?.nativeId
    if (nativeId === undefined) throw new UnreadableRow('Nothing in the row names a machine.')
    if (this.#machines.size >= 50_000) this.#machines.clear()
    const machine = { nativeId, hostname, address }
    this.#machines.set(key, machine)
    return machine
  }

  #day(record: HexRecord, column: string): string | null {
    const day = dayIn(record, column, this.#notAfter)
    if (day === undefined) this.#issue(column, `This is no day that can be: ${textIn(record, column)?.slice(0, 60)}.`)
    return day ?? null
  }

  #score(record: HexRecord, column: string): number | null {
    const score = numberIn(record, column)
    if (score === null || (score >= 0 && score <= 10)) return score
    this.#issue(column, `There is no score of ${score}.`)
    return null
  }
}

/** HexTrackr cuts names at their first dot; one that still has a dot is of a version that did not. */
export function hostFacts(hostname: string | null, ips: readonly string[]) {
  const isLong = hostname?.includes('.') === true
  return {
    ips,
    fqdns: hostname !== null && isLong ? [hostname] : [],
    hostnames: hostname !== null && !isLong ? [hostname] : [],
  }
}

function pluginIdOf(record: HexRecord): number {
  const text = textIn(record, 'plugin_id')
  if (text === null)
    throw new UnreadableRow(
      'The row names no plugin: HexTrackr knew it by its CVE or its text alone, which name no finding. Import the CSV it came from if that has the id.',
    )
  const id = integerOf(text)
  if (id === undefined || id < 0 || id > 2_147_483_647) {
    throw new UnreadableRow(`The plugin's id is no whole number: ${text.slice(0, 60)}.`)
  }
  return id
}

/** CVEs and Cisco's own ids; other texts that HexTrackr took for a CVE are no id. */
function idsOf(text: string): string {
  const advisories = text.match(/cisco-sa-[\w-]+/gi) ?? []
  return [...cvesOf(text), ...advisories.map(id => id.toLowerCase())].join(' ')
}

/** HexTrackr puts the id of a row behind the text of the plugin. */
function withoutId(text: string | null, id: string): string | null {
  const end = ` (${id})`
  if (text === null || id === '' || !text.endsWith(end)) return text
  return text.slice(0, -end.length).trim() || null
}
