import { scanInformationId } from './plugins.ts'
import type { Machine, Run, RunHost, Scan } from './world.ts'
import { looksFor, meets } from './world.ts'

/** A finding as a mirror must hold it that has read every run. Instants in Unix seconds. */
export interface NessusTruthFinding {
  /** The strongest of the machine's names. */
  readonly host: string
  readonly plugin_id: number
  readonly port: number
  readonly protocol: string
  readonly state: 'open' | 'reopened' | 'fixed'
  readonly severity: 'info' | 'low' | 'medium' | 'high' | 'critical'
  readonly first_seen: number
  readonly last_seen: number
  readonly last_fixed: number | null
}

interface Known {
  readonly plugin: Run['hosts'][number]['items'][number]['plugin']
  readonly port: number
  readonly protocol: string
  state: 'open' | 'reopened' | 'fixed'
  readonly firstSeen: number
  lastSeen: number
  lastFixed: number | null
  /** By the scans that have seen it: how it last did. */
  readonly seenBy: Map<number, { readonly loggedIn: boolean; readonly run: Run | undefined }>
}

const severityNames = ['info', 'low', 'medium', 'high', 'critical'] as const

/**
 * What the runs of some scans come to, told by walking through all that they met in the order of time. A scan that has
 * seen something closes it when, scanning that host to its end again, it looked for it in the same way and did not see it.
 */
export function nessusTruth(scans: readonly Scan[]): NessusTruthFinding[] {
  const byMachine = new Map<Machine, Map<string, Known>>()
  const visits = scans
    .flatMap(scan => scan.runs)
    .filter(run => ['completed', 'imported', 'canceled', 'aborted'].includes(run.status))
    .flatMap(run => run.hosts.map(host => ({ run, host })))
    .sort((a, b) => a.host.startedAt - b.host.startedAt)
  for (const { run, host } of visits) {
    const known = byMachine.get(host.machine) ?? new Map<string, Known>()
    byMachine.set(host.machine, known)
    const met = new Set<string>()
    for (const { plugin, port, protocol } of host.items) {
      const key = `${plugin.id}|${port}|${protocol}`
      met.add(key)
      const one = known.get(key)
      // Of a machine that was not scanned to its end it is not told how it was scanned.
      const by = { loggedIn: host.loggedIn, run: isScannedToItsEnd(host) ? run : one?.seenBy.get(run.scanId)?.run }
      if (!one) {
        const seenBy = new Map([[run.scanId, by]])
        known.set(key, {
          plugin,
          port,
          protocol,
          state: 'open',
          firstSeen: host.endedAt,
          lastSeen: host.endedAt,
          lastFixed: null,
          seenBy,
        })
        continue
      }
      if (one.state === 'fixed') one.state = 'reopened'
      one.lastSeen = host.endedAt
      one.seenBy.set(run.scanId, by)
    }
    const isWhole = ['completed', 'imported'].includes(run.status) && isScannedToItsEnd(host)
    if (!isWhole) continue
    for (const [key, one] of known) {
      const before = one.seenBy.get(run.scanId)
      if (met.has(key) || one.state === 'fixed' || !before?.run || one.lastSeen >= host.startedAt) continue
      const isLookedFor =
        looksFor(run.terms, one.plugin) &&
        portIsMet(run, before.run, one.port) &&
        run.terms.isThorough === before.run.terms.isThorough &&
        (host.loggedIn || !before.loggedIn)
      if (!isLookedFor) continue
      one.state = 'fixed'
      one.lastFixed = host.startedAt
    }
  }
  return [...byMachine].flatMap(([machine, known]) => [...known.values()].map(one => rowOf(machine, one)))
}

function isScannedToItsEnd({ items }: RunHost): boolean {
  return items.some(({ plugin }) => plugin.id === scanInformationId)
}

/** Which ports `default` stands for is told nowhere: only the same word says that they are the same. */
function portIsMet(run: Run, before: Run, port: number): boolean {
  if (port === 0 || run.terms.ports === before.terms.ports) return true
  return run.terms.ports !== 'default' && meets(run.terms.ports, port)
}

function rowOf(machine: Machine, one: Known): NessusTruthFinding {
  const seconds = (ms: number) => Math.floor(ms / 1000)
  return {
    host: nameOf(machine),
    plugin_id: one.plugin.id,
    port: one.port,
    protocol: one.protocol,
    state: one.state,
    severity: severityNames[one.plugin.severity],
    first_seen: seconds(one.firstSeen),
    last_seen: seconds(one.lastSeen),
    last_fixed: one.lastFixed === null ? null : seconds(one.lastFixed),
  }
}

function nameOf({ biosUuid, fqdn, netbios, ip }: Machine): string {
  if (biosUuid) return `uuid:${biosUuid}`
  if (fqdn) return `fqdn:${fqdn}`
  return netbios ? `netbios:${netbios.toLowerCase()}` : `ip:${ip}`
}
