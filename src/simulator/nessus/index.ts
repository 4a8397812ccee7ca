/**
 * A Nessus scanner on loopback: machines with weaknesses, scans that look at them, and the API that tells what they met.
 * Written from the vendor's documents alone; what `truth()` says is counted from the machines and not from what was served.
 */
import { virtualClock } from '../clock.ts'
import { createFaultBook, type Fault } from '../faults.ts'
import type { TlsPair } from '../listening.ts'
import { topic, uuidOf } from '../random.ts'
import { createRequestLog, type RequestLog } from '../request-log.ts'
import { defaultStart, deriveKey } from '../simulation.ts'
import { createExports } from './exports.ts'
import { families } from './plugins.ts'
import { listenNessus } from './server.ts'
import { createNessusSessions } from './sessions.ts'
import { type NessusTruthFinding, nessusTruth } from './truth.ts'
import { type GivenMachines, type Terms, World } from './world.ts'

export type { NessusPlugin } from './plugins.ts'
export type { NessusTruthFinding } from './truth.ts'
export type { Machine, Protocol, Run, Scan, Terms, Weakness, World } from './world.ts'

/** Only a manager may be told to scan; a trial exports nothing. */
export type NessusLicence = 'manager' | 'professional' | 'essentials' | 'trial'

export interface NessusSimulatorOptions {
  readonly seed?: number
  /** Default 24. */
  readonly machines?: number
  /** Over all machines; default 12 for each. */
  readonly weaknesses?: number
  /** In place of drawn machines; nobody has defined a scan of them yet. */
  readonly given?: GivenMachines
  /** Default `professional`. */
  readonly licence?: NessusLicence
  readonly faults?: readonly Fault[]
  readonly host?: string
  readonly port?: number
  readonly tls?: TlsPair
  readonly startAt?: string
  /** Questions answered with `loading` before an export is ready; default 2. */
  readonly exportPolls?: number
  /** As old versions do: an export has a number and no token. */
  readonly usesFileIds?: boolean
  /** Whether the licence tells what it allows; older versions do not. Default true. */
  readonly tellsFeatures?: boolean
  /** The socket is closed before the refusal of 412 has arrived. */
  readonly losesRefusedBodies?: boolean
  /** The status with which a trial refuses to export; default 403. */
  readonly exportRefusal?: 400 | 403 | 412
  /** Without scans: whoever asks for the list is told null. */
  readonly isEmpty?: boolean
  /** Whatever the client accepts, nothing is compressed. */
  readonly isPlain?: boolean
}

export interface NessusSettings {
  readonly keys: { accessKey: string; secretKey: string; isRevoked: boolean }
  readonly username: string
  uuid: string
  version: string
  loadingPolls: number
  exportPolls: number
  usesFileIds: boolean
  tellsFeatures: boolean
  losesRefusedBodies: boolean
  exportRefusal: number
  /** Of the user: 16 basic, 32 standard, 64 administrator, 128 system administrator. */
  permissions: number
  isPlain: boolean
}

export interface NessusSimulator {
  readonly url: string
  readonly accessKey: string
  readonly secretKey: string
  readonly username: string
  readonly password: string
  readonly world: World
  readonly settings: NessusSettings
  readonly control: {
    now(): string
    advance(by: { readonly hours?: number; readonly days?: number }): void
    addFaults(...faults: readonly Fault[]): void
    clearFaults(): void
    requests(): RequestLog
    clearRequests(): void
    revokeKeys(): void
  }
  /** What a mirror holds that has read every run of the scans that are there. */
  truth(): readonly NessusTruthFinding[]
  /** It starts anew: sessions and files are forgotten, and the first questions are answered with `loading`. */
  restart(polls?: number): void
  expireSessions(): void
  /** Another scanner answers at this address. */
  replaceServer(): void
  setLicence(licence: NessusLicence): void
  logins(): number
  stop(): Promise<void>
}

/** Everything on every port, with a login. */
export const fullTerms: Omit<Terms, 'targets'> = {
  ports: '1-65535',
  families,
  withoutPlugins: [],
  hasCredentials: true,
  logsDead: false,
  isThorough: false,
}

export async function startNessusSimulator(options: NessusSimulatorOptions = {}): Promise<NessusSimulator> {
  const seed = options.seed ?? 1
  const clock = virtualClock(Date.parse(options.startAt ?? defaultStart))
  const { machines = 24, weaknesses = machines * 12 } = options
  const world = new World(seed, clock, options.given ?? { machines, weaknesses })
  if (!options.isEmpty && !options.given) addUsualScans(world)
  const username = 'tenfold'
  const password = `pass-${seed}`
  let licence = options.licence ?? 'professional'
  const settings: NessusSettings = {
    keys: { accessKey: deriveKey(seed, 101), secretKey: deriveKey(seed, 102), isRevoked: false },
    username,
    uuid: uuidOf(seed, topic.tenant, 60),
    version: '10.8.3',
    loadingPolls: 0,
    exportPolls: options.exportPolls ?? 2,
    usesFileIds: options.usesFileIds ?? false,
    tellsFeatures: options.tellsFeatures ?? true,
    losesRefusedBodies: options.losesRefusedBodies ?? false,
    exportRefusal: options.exportRefusal ?? 403,
    permissions: 128,
    isPlain: options.isPlain ?? false,
  }
  const scanner = {
    world,
    clock,
    settings,
    faults: createFaultBook(seed, options.faults ?? []),
    requests: createRequestLog(clock),
    sessions: createNessusSessions(seed, username, password),
    exports: createExports(seed),
    licence: () => licence,
  }
  const { host = '127.0.0.1', port = 0, tls } = options
  const server = await listenNessus(scanner, { host, port, tls })
  return {
    url: server.url,
    accessKey: settings.keys.accessKey,
    secretKey: settings.keys.secretKey,
    username,
    password,
    world,
    settings,
    control: {
      now: () => new Date(clock.now()).toISOString(),
      advance: ({ hours = 0, days = 0 }) => clock.advance(hours * 3_600_000 + days * 86_400_000),
      addFaults: (...faults) => scanner.faults.add(faults),
      clearFaults: () => scanner.faults.clear(),
      requests: () => scanner.requests.read(),
      clearRequests: () => scanner.requests.clear(),
      revokeKeys: () => {
        settings.keys.isRevoked = true
      },
    },
    truth: () => nessusTruth(world.scans),
    restart: (polls = 2) => {
      scanner.sessions.expireAll()
      scanner.exports.forget()
      settings.loadingPolls = polls
    },
    expireSessions: () => scanner.sessions.expireAll(),
    replaceServer: () => {
      settings.uuid = uuidOf(seed, topic.tenant, 61)
    },
    setLicence: next => {
      licence = next
    },
    logins: () => scanner.sessions.opened(),
    stop: () => server.stop(),
  }
}

/** Two scans that overlap in some machines, and look at them in different ways, each once; and one that nobody has begun. */
function addUsualScans(world: World): void {
  const { length } = world.machines
  const all = Array.from({ length }, (_, index) => index)
  const inside = world.addScan('Inside & out', { ...fullTerms, targets: all.slice(0, Math.ceil(length * 0.7)) })
  const outside = world.addScan('From outside', {
    ...fullTerms,
    ports: 'default',
    hasCredentials: false,
    targets: all.slice(Math.floor(length * 0.5)),
  })
  world.addScan('Never begun', { ...fullTerms, targets: all })
  world.run(inside)
  world.run(outside)
}
