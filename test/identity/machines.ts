import type { IdentityFacts } from '../../src/domain/identity/index.ts'

// A made estate whose truth is known: machines and their lives, and what each kind of source would see of them. It knows
// nothing of how the matcher decides.

export interface LabelledRecord {
  readonly tenant: number
  /** The machine it is of; unique over tenants. */
  readonly machine: string
  /** Why it is hard. */
  readonly story: Story
  readonly facts: IdentityFacts
}

export const stories = [
  'server',
  'renamed',
  'reimaged',
  'laptop',
  'clone',
  'multi_homed',
  'vdi',
  'duplicate',
  'network_device',
  'cloud',
] as const
export type Story = (typeof stories)[number]

export interface EstateOptions {
  readonly machines: number
  readonly seed: number
  readonly tenants?: number
}

interface Machine {
  readonly name: string
  readonly domain: string
  readonly macs: readonly string[]
  readonly ips: readonly string[]
  readonly bios: string
  readonly serial: string
  readonly agent: string | null
  readonly cloud: string | null
  readonly os: string
  readonly from: number
  readonly to: number
  readonly network: string
}

const day = 86_400_000
const start = Date.UTC(2026, 0, 1)

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function makeEstate({ machines, seed, tenants = 1 }: EstateOptions): LabelledRecord[] {
  const made: LabelledRecord[] = []
  for (let tenant = 1; tenant <= tenants; tenant++) {
    // Tenants share names and private addresses: the same seed for names, another for hardware.
    made.push(...new Maker(tenant, machines, randomOf(seed), randomOf(seed * 7919 + tenant)).make())
  }
  return made
}

class Maker {
  readonly #tenant: number
  readonly #count: number
  readonly #soft: () => number
  readonly #hard: () => number
  readonly #records: LabelledRecord[] = []
  #next = 0

  constructor(tenant: number, count: number, soft: () => number, hard: () => number) {
    this.#tenant = tenant
    this.#count = count
    this.#soft = soft
    this.#hard = hard
  }

  make(): LabelledRecord[] {
    for (let index = 0; index < this.#count; index++) {
      const share = this.#soft()
      if (share < 0.42) this.#server(index, 'server')
      else if (share < 0.5) this.#renamed(index)
      else if (share < 0.56) this.#reimaged(index)
      else if (share < 0.72) this.#laptop(index)
      else if (share < 0.78) this.#clones(index)
      else if (share < 0.84) this.#multiHomed(index)
      else if (share < 0.88) this.#vdi(index)
      else if (share < 0.92) this.#duplicate(index)
      else if (share < 0.96) this.#networkDevice(index)
      else this.#cloudMachine(index)
    }
    return this.#records
  }

  #hex(length: number): string {
    let text = ''
    while (text.length < length) text += Math.floor(this.#hard() * 16).toString(16)
    return text
  }

  #uuid(): string {
    const h = this.#hex(32)
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`
  }

  #mac(): string {
    const digits = `${['0050569a', '001b21', 'd4bed9', '3cecef', '00155d'][Math.floor(this.#hard() * 5)]}${this.#hex(12)}`
    return digits.slice(0, 12).replace(/(..)(?!$)/g, '$1:')
  }

  /** A few sites use the same private ranges; in the pool of laptops addresses come again. */
  #ip(pool: 'servers' | 'clients'): string {
    const [a, b] = [Math.floor(this.#soft() * 250), 1 + Math.floor(this.#soft() * 250)]
    return pool === 'servers' ? `10.${20 + Math.floor(this.#soft() * 60)}.${a}.${b}` : `192.168.${a % 8}.${b}`
  }

  #machine(index: number, more: Partial<Machine> = {}): Machine {
    const isWindows = this.#soft() < 0.55
    const from = start + Math.floor(this.#soft() * 60) * day
    return {
      name: `${['srv', 'app', 'db', 'web', 'fs'][index % 5]}-${index}`,
      domain: ['corp.example.com', 'emea.example.com', 'dmz.example.net'][index % 3]!,
      macs: [this.#mac()],
      ips: [this.#ip('servers')],
      bios: this.#uuid(),
      serial: `VMW${this.#hex(9)}`,
      agent: this.#soft() < 0.6 ? this.#uuid() : null,
      cloud: null,
      os: isWindows ? 'Microsoft Windows Server 2022 Standard' : 'Linux Kernel 5.15 on Ubuntu 22.04',
      from,
      to: start + (180 + Math.floor(this.#soft() * 30)) * day,
      network: '',
      ...more,
    }
  }

  #add(machine: string, story: Story, facts: Omit<IdentityFacts, 'assetId'>): void {
    this.#next += 1
    this.#records.push({
      tenant: this.#tenant,
      machine: `${this.#tenant}/${machine}`,
      story,
      facts: { ...facts, assetId: this.#tenant * 10_000_000 + this.#next },
    })
  }

  /** Sources 1 VM, 2 Security Center, 3 Nessus, 4 CSV: each sees a part, in its own spelling. */
  #see(machine: string, story: Story, told: Machine, sources: readonly number[], tenableUuid: string | null): void {
    const seen = { firstSeen: new Date(told.from).toISOString(), lastSeen: new Date(told.to).toISOString() }
    const fqdn = `${told.name}.${told.domain}`
    const isWindows = told.os.includes('Windows')
    const netbios = told.name.toUpperCase().slice(0, 15)
    for (const source of sources) {
      const sourceId = this.#tenant * 10 + source
      if (source === 1) {
        this.#add(machine, story, {
          sourceId,
          ...seen,
          tenableUuid,
          agentUuid: told.agent,
          biosUuid: told.agent || this.#soft() < 0.7 ? told.bios : null,
          macAddresses: told.macs,
          fqdns: [fqdn],
          hostnames: [told.name],
          netbiosNames: isWindows ? [netbios] : [],
          addresses: told.ips,
          operatingSystems: [told.os],
          ...(told.cloud ? { cloudInstances: [told.cloud] } : {}),
        })
      } else if (source === 2) {
        this.#add(machine, story, {
          sourceId,
          ...seen,
          agentUuid: this.#soft() < 0.3 ? told.agent : null,
          macAddresses: this.#soft() < 0.85 ? told.macs.slice(0, 1).map(mac => mac.toUpperCase()) : [],
          fqdns: this.#soft() < 0.9 ? [fqdn.toUpperCase()] : [],
          netbiosNames: isWindows ? [`${told.domain.split('.')[0]!.toUpperCase()}\\${netbios}`] : [],
          addresses: told.ips.slice(0, 1),
          operatingSystems: this.#soft() < 0.8 ? [told.os] : [],
        })
      } else if (source === 3) {
        const hasCredentials = this.#soft() < 0.7
        this.#add(machine, story, {
          sourceId,
          ...seen,
          biosUuid: hasCredentials ? told.bios.toUpperCase() : null,
          serialNumber: hasCredentials ? told.serial : null,
          macAddresses: hasCredentials ? told.macs.map(mac => mac.replaceAll(':', '-')) : [],
          fqdns: this.#soft() < 0.85 ? [`${fqdn}.`] : [],
          netbiosNames: isWindows ? [netbios] : [],
          addresses: told.ips.slice(-1),
          operatingSystems: [told.os],
        })
      } else {
        this.#add(machine, story, {
          sourceId,
          ...seen,
          tenableUuid: this.#soft() < 0.5 ? tenableUuid : null,
          macAddresses: this.#soft() < 0.5 ? told.macs.slice(0, 1) : [],
          fqdns: [fqdn],
          netbiosNames: [],
          addresses: told.ips.slice(0, 1),
        })
      }
    }
  }

  #sources(): number[] {
    const chosen = [1, 2, 3, 4].filter(source => this.#soft() < [0.95, 0.6, 0.4, 0.3][source - 1]!)
    return chosen.length > 0 ? chosen : [1]
  }

  #server(index: number, story: Story): void {
    this.#see(`m${index}`, story, this.#machine(index), this.#sources(), this.#uuid())
  }

  /** Some sources still hold the old name. */
  #renamed(index: number): void {
    const machine = this.#machine(index)
    const uuid = this.#uuid()
    const sources = this.#sources()
    this.#see(`m${index}`, 'renamed', machine, sources.slice(0, 1), uuid)
    this.#see(`m${index}`, 'renamed', { ...machine, name: `new-${index}` }, sources.slice(1), uuid)
  }

  /** The same metal, the same name, another system and agent; the first record ended before. */
  #reimaged(index: number): void {
    const machine = this.#machine(index, { agent: this.#uuid() })
    const turn = machine.from + 80 * day
    this.#see(`m${index}`, 'reimaged', { ...machine, to: turn }, [1], this.#uuid())
    const again = { ...machine, agent: this.#uuid(), from: turn + day, os: machine.os.replace('2022', '2025') }
    this.#see(`m${index}`, 'reimaged', again, this.#sources(), this.#uuid())
  }

  /** Addresses come and go; every record was seen at another one. */
  #laptop(index: number): void {
    const machine = this.#machine(index, {
      name: `lt-${index}`,
      os: 'Microsoft Windows 11 Enterprise',
      agent: this.#uuid(),
    })
    const uuid = this.#uuid()
    for (const source of this.#sources()) {
      this.#see(`m${index}`, 'laptop', { ...machine, ips: [this.#ip('clients')] }, [source], uuid)
    }
  }

  /** Copies of one virtual machine that kept firmware id and serial, each with its own card and name. */
  #clones(index: number): void {
    const original = this.#machine(index)
    for (let copy = 0; copy < 3; copy++) {
      const clone = {
        ...this.#machine(index),
        name: `${original.name}-c${copy}`,
        bios: original.bios,
        serial: original.serial,
      }
      const sources = this.#sources()
      this.#see(`m${index}c${copy}`, 'clone', { ...clone, os: original.os }, sources, this.#uuid())
    }
  }

  /** Each source reaches it over another card. */
  #multiHomed(index: number): void {
    const machine = this.#machine(index, {
      macs: [this.#mac(), this.#mac(), this.#mac()],
      ips: [this.#ip('servers'), this.#ip('servers'), this.#ip('servers')],
    })
    const uuid = this.#uuid()
    this.#sources().forEach((source, at) => {
      const isWhole = source === 1
      const card = at % 3
      const seen = isWhole ? machine : { ...machine, macs: [machine.macs[card]!], ips: [machine.ips[card]!] }
      this.#see(`m${index}`, 'multi_homed', seen, [source], uuid)
    })
  }

  /** A pooled desktop: the name is given again each week, the machine is another. */
  #vdi(index: number): void {
    for (let week = 0; week < 3; week++) {
      const from = start + (20 + week * 7) * day
      const machine = this.#machine(index, {
        name: `vdi-${index % 40}-${index}`,
        os: 'Microsoft Windows 11 Enterprise',
        from,
        to: from + 5 * day,
        ips: [this.#ip('clients')],
        agent: null,
      })
      this.#see(`m${index}w${week}`, 'vdi', machine, [1, 2].slice(0, 1 + Math.floor(this.#soft() * 2)), this.#uuid())
    }
  }

  /** One source holds it twice: found over the network, and by its agent. */
  #duplicate(index: number): void {
    const machine = this.#machine(index)
    this.#see(`m${index}`, 'duplicate', { ...machine, agent: this.#uuid() }, [1], this.#uuid())
    this.#see(
      `m${index}`,
      'duplicate',
      { ...machine, agent: null },
      [1, ...this.#sources().filter(one => one > 1)],
      this.#uuid(),
    )
  }

  /** Answers with virtual addresses that its twin shares. */
  #networkDevice(index: number): void {
    for (const twin of ['a', 'b']) {
      const machine = this.#machine(index, { name: `sw-${index}${twin}`, os: 'Cisco IOS 15.2', agent: null })
      const seen = { ...machine, macs: [...machine.macs, '00:00:5e:00:01:0a', '00:00:0c:07:ac:01'] }
      this.#see(
        `m${index}${twin}`,
        'network_device',
        seen,
        this.#sources().filter(one => one !== 4),
        this.#uuid(),
      )
    }
  }

  #cloudMachine(index: number): void {
    const machine = this.#machine(index, {
      name: `ip-10-0-${index % 250}-${index % 99}`,
      cloud: `aws:i-${this.#hex(17)}`,
    })
    this.#see(`m${index}`, 'cloud', machine, this.#sources(), this.#uuid())
  }
}

export interface Score {
  readonly precision: number
  readonly recall: number
  /** Pairs that were joined and are two machines, and pairs of one machine that were not. */
  readonly wrong: readonly (readonly [LabelledRecord, LabelledRecord])[]
  readonly missed: readonly (readonly [LabelledRecord, LabelledRecord])[]
}

/** Over pairs of records. */
export function scoreOf(records: readonly LabelledRecord[], devices: readonly (readonly number[])[]): Score {
  const byId = new Map(records.map(record => [record.facts.assetId, record]))
  const wrong: [LabelledRecord, LabelledRecord][] = []
  let joined = 0
  let right = 0
  const together = new Set<string>()
  for (const device of devices) {
    for (const [one, other] of pairsOf(device)) {
      joined += 1
      together.add(`${one}|${other}`)
      const [a, b] = [byId.get(one)!, byId.get(other)!]
      if (a.machine === b.machine) right += 1
      else wrong.push([a, b])
    }
  }
  const truth = Map.groupBy(records, record => record.machine)
  const missed: [LabelledRecord, LabelledRecord][] = []
  let all = 0
  for (const group of truth.values()) {
    for (const [one, other] of pairsOf(group.map(record => record.facts.assetId).sort((x, y) => x - y))) {
      all += 1
      if (!together.has(`${one}|${other}`)) missed.push([byId.get(one)!, byId.get(other)!])
    }
  }
  return {
    precision: joined === 0 ? 1 : right / joined,
    recall: all === 0 ? 1 : (all - missed.length) / all,
    wrong,
    missed,
  }
}

function pairsOf(ids: readonly number[]): [number, number][] {
  return ids.flatMap((one, index) => ids.slice(index + 1).map((other): [number, number] => [one, other]))
}
