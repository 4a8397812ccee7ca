import type { SimulatorClock } from '../clock.ts'
import { hash32, hexOf, Random, topic, uuidOf } from '../random.ts'
import { catalogue, type NessusPlugin, ping, scanInformation } from './plugins.ts'

export type Protocol = 'tcp' | 'udp' | 'icmp'

/** A weakness that a machine has, whoever looks. */
export interface Weakness {
  readonly plugin: NessusPlugin
  readonly port: number
  /** TCP when left out. */
  readonly protocol?: Protocol
}

export interface Machine {
  readonly index: number
  readonly ip: string
  readonly fqdn: string | null
  readonly netbios: string | null
  readonly mac: string | null
  readonly biosUuid: string | null
  readonly system: string
  /** Answers when it is scanned. */
  isUp: boolean
  readonly weaknesses: Map<string, Weakness>
}

/** What a scan looks for and where, as long as nobody edits it. */
export interface Terms {
  readonly targets: readonly number[]
  /** `default`, or ranges such as `1-1024,9000`. */
  readonly ports: string
  readonly families: readonly string[]
  /** Switched off one by one. */
  readonly withoutPlugins: readonly number[]
  readonly hasCredentials: boolean
  readonly logsDead: boolean
  readonly isThorough: boolean
}

export interface Scan {
  readonly id: number
  readonly uuid: string
  readonly name: string
  readonly createdAt: number
  folderId: number
  isHidden: boolean
  terms: Terms
  readonly runs: Run[]
}

export type RunStatus = 'completed' | 'imported' | 'canceled' | 'aborted' | 'running' | 'empty'

/** One run: a picture of what it met, which no later change of the machines touches. */
export interface Run {
  readonly historyId: number
  readonly uuid: string
  readonly scanId: number
  status: RunStatus
  readonly startedAt: number
  endedAt: number
  modifiedAt: number
  readonly terms: Terms
  readonly hosts: readonly RunHost[]
}

export interface RunHost {
  readonly hostId: number
  readonly machine: Machine
  readonly startedAt: number
  readonly endedAt: number
  readonly loggedIn: boolean
  readonly items: readonly Item[]
}

export interface Item {
  readonly plugin: NessusPlugin
  readonly port: number
  readonly protocol: Protocol
  readonly output: string
}

export interface RunOptions {
  readonly status?: RunStatus
  /** The login fails although the scan has credentials. */
  readonly loginFails?: boolean
  /** By the position among the targets: these are not reached. */
  readonly skips?: readonly number[]
}

const nmapLike: ReadonlySet<number> = new Set([22, 25, 80, 443, 445, 3389, 8080, 8443])

/** Whether a port scan meets a port. `default` is some 4,790 ports; 9000 is not among them here. */
export function meets(ports: string, port: number): boolean {
  if (port === 0) return true
  if (ports === 'default') return nmapLike.has(port)
  return ports.split(',').some(range => {
    const [from = 0, to = from] = range.split('-').map(Number)
    return from <= port && port <= to
  })
}

export function looksFor(terms: Terms, plugin: NessusPlugin): boolean {
  return terms.families.includes(plugin.family) && !terms.withoutPlugins.includes(plugin.id)
}

const minute = 60_000

/** Machines that somebody else knows, and the plugins that can find what they have. */
export interface GivenMachines {
  readonly machines: readonly Machine[]
  readonly plugins: readonly NessusPlugin[]
}

/** So many machines, drawn from the seed, with so many weaknesses among them. */
export interface DrawnMachines {
  readonly machines: number
  readonly weaknesses: number
}

/** Machines with their weaknesses, and a scanner that looks at them now and then. */
export class World {
  readonly seed: number
  readonly clock: SimulatorClock
  readonly machines: Machine[]
  /** All plugins that the scanner has; the last two find nothing of a machine's own. */
  readonly catalogue: readonly NessusPlugin[]
  readonly scans: Scan[] = []
  readonly #random: Random
  #lastId = 4

  constructor(seed: number, clock: SimulatorClock, of: DrawnMachines | GivenMachines) {
    this.seed = seed
    this.clock = clock
    this.#random = new Random(seed)
    if ('plugins' in of) {
      this.machines = [...of.machines]
      this.catalogue = [...of.plugins, scanInformation, ping]
      return
    }
    this.machines = Array.from({ length: of.machines }, (_, index) => machineOf(seed, index))
    this.catalogue = catalogue
    for (let n = 0; n < of.weaknesses; n++) this.appear(this.machines[n % of.machines]!)
  }

  appear(machine: Machine): boolean {
    for (let tries = 0; tries < 50; tries++) {
      const plugin = this.catalogue[this.#random.below(this.catalogue.length - 2)]!
      const port = plugin.isLocal ? 0 : plugin.ports[this.#random.below(plugin.ports.length)]!
      const key = `${plugin.id}|${port}`
      if (machine.weaknesses.has(key)) continue
      machine.weaknesses.set(key, { plugin, port })
      return true
    }
    return false
  }

  /** Some weaknesses go, some come. */
  change({ gone = 0, come = 0 }: { readonly gone?: number; readonly come?: number }): void {
    for (let n = 0; n < gone; n++) {
      const having = this.machines.filter(({ weaknesses }) => weaknesses.size > 0)
      const machine = having[this.#random.below(having.length)]
      const key = [...(machine?.weaknesses.keys() ?? [])][this.#random.below(machine?.weaknesses.size ?? 1)]
      if (machine && key) machine.weaknesses.delete(key)
    }
    for (let n = 0; n < come; n++) this.appear(this.machines[this.#random.below(this.machines.length)]!)
  }

  addScan(name: string, terms: Terms): Scan {
    const id = ++this.#lastId
    const scan: Scan = {
      id,
      uuid: `template-${uuidOf(this.seed, topic.scan, id)}${hexOf(this.seed, topic.scan, id, 12)}`,
      name,
      createdAt: this.clock.now(),
      folderId: 3,
      isHidden: false,
      terms,
      runs: [],
    }
    this.scans.push(scan)
    return scan
  }

  deleteScan(id: number): void {
    const at = this.scans.findIndex(scan => scan.id === id)
    if (at >= 0) this.scans.splice(at, 1)
  }

  /** Scans, and lets the time pass that it takes. A run that is cancelled stops in the middle of a host. */
  run(scan: Scan, { status = 'completed', loginFails = false, skips = [] }: RunOptions = {}): Run {
    this.clock.advance(minute)
    const startedAt = this.clock.now()
    const historyId = ++this.#lastId
    const targets = status === 'empty' || status === 'running' ? [] : scan.terms.targets
    const isCut = status === 'canceled' || status === 'aborted'
    const reached = isCut ? targets.slice(0, Math.ceil(targets.length / 2)) : targets
    const hosts: RunHost[] = []
    for (const [position, index] of reached.entries()) {
      const machine = this.machines[index]!
      const from = this.clock.now()
      this.clock.advance(2 * minute)
      const isUp = machine.isUp && !skips.includes(position)
      if (!isUp && !scan.terms.logsDead) continue
      const isLast = isCut && position === reached.length - 1
      hosts.push(
        this.#look(scan, machine, from, this.clock.now(), { isUp, isLast, loginFails, hostId: hosts.length + 2 }),
      )
    }
    const run: Run = {
      historyId,
      uuid: `${uuidOf(this.seed, topic.run, historyId)}${hexOf(this.seed, topic.run, historyId, 16)}`,
      scanId: scan.id,
      status,
      startedAt,
      endedAt: this.clock.now(),
      modifiedAt: this.clock.now(),
      terms: scan.terms,
      hosts,
    }
    scan.runs.push(run)
    return run
  }

  #look(
    { terms }: Scan,
    machine: Machine,
    startedAt: number,
    endedAt: number,
    of: { readonly isUp: boolean; readonly isLast: boolean; readonly loginFails: boolean; readonly hostId: number },
  ): RunHost {
    const loggedIn = of.isUp && terms.hasCredentials && !of.loginFails
    const found = [...machine.weaknesses.values()]
      .filter(
        ({ plugin, port }) => looksFor(terms, plugin) && meets(terms.ports, port) && (loggedIn || !plugin.isLocal),
      )
      .map(({ plugin, port, protocol = 'tcp' }) => ({ plugin, port, protocol, output: outputOf(plugin, machine) }))
    const information: Item = {
      plugin: scanInformation,
      port: 0,
      protocol: 'tcp',
      output: informationOf(terms, loggedIn, startedAt, endedAt),
    }
    const dead: Item = {
      plugin: ping,
      port: 0,
      protocol: 'tcp',
      output: 'The remote host is considered as dead - not scanning\n',
    }
    const items = !of.isUp ? [dead] : of.isLast ? found.slice(0, Math.floor(found.length / 2)) : [...found, information]
    return { hostId: of.hostId, machine, startedAt, endedAt, loggedIn, items }
  }
}

function machineOf(seed: number, index: number): Machine {
  const hash = hash32(seed, topic.host, index)
  return {
    index,
    ip: `10.20.${Math.floor(index / 250)}.${(index % 250) + 1}`,
    fqdn: hash % 4 === 0 ? null : `host-${index}.example.org`,
    netbios: hash % 3 === 0 ? `HOST${index}` : null,
    mac:
      hash % 2 === 0
        ? `00:1b:21:${[16, 8, 0].map(shift => ((index >> shift) & 255).toString(16).padStart(2, '0')).join(':')}`
        : null,
    biosUuid: hash % 5 === 0 ? uuidOf(seed, topic.host, index, 3) : null,
    system: index % 2 === 0 ? 'Linux Kernel 6.8 on Ubuntu 24.04' : 'Microsoft Windows Server 2022',
    isUp: true,
    weaknesses: new Map(),
  }
}

/** Hostile, as texts from outside are: markup, control characters, letters of several bytes. */
function outputOf(plugin: NessusPlugin, machine: Machine): string {
  return `Installed version : ${plugin.id % 7}.${machine.index}\nFixed version : ${(plugin.id % 7) + 1}\n<b>äöü ✓</b> ]]> \u0001`
}

function informationOf(terms: Terms, loggedIn: boolean, startedAt: number, endedAt: number): string {
  const start = new Date(startedAt)
  return [
    'Information about this scan : ',
    '',
    'Nessus version : 10.8.3',
    'Plugin feed version : 202605311200',
    'Scanner edition used : Nessus',
    'Scan type : Normal',
    'Scan policy used : Advanced Scan',
    'Port scanner(s) : nessus_syn_scanner ',
    `Port range : ${terms.ports}`,
    `Thorough tests : ${terms.isThorough ? 'yes' : 'no'}`,
    'Experimental tests : no',
    'Paranoia level : 1',
    'Report verbosity : 1',
    'Safe checks : yes',
    `Credentialed checks : ${loggedIn ? "yes, as 'scan' via ssh" : 'no'}`,
    'CGI scanning : disabled',
    'Web application tests : disabled',
    `Scan Start Date : ${start.getUTCFullYear()}/${start.getUTCMonth() + 1}/${start.getUTCDate()} ${start.getUTCHours()}:${start.getUTCMinutes()} UTC`,
    `Scan duration : ${Math.round((endedAt - startedAt) / 1000)} sec`,
    '',
  ].join('\n')
}
