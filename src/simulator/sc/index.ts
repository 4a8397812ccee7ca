/**
 * A Tenable Security Center on loopback, over the same estate and life as the simulated tenant of Vulnerability
 * Management. Written from the vendor's documents and recordings alone.
 */
import type { Control } from '../control.ts'
import type { SimulatorOptions } from '../index.ts'
import type { TlsPair } from '../listening.ts'
import { topic, uuidOf } from '../random.ts'
import { createSimulation } from '../simulation.ts'
import type { SecurityCenter } from './context.ts'
import { createDetailsWriter } from './details.ts'
import { createRows } from './rows.ts'
import { listenSc } from './server.ts'
import { createSessions } from './sessions.ts'
import { type ScTruthFinding, scTruthFindings } from './truth.ts'

export type { ScTruthFinding } from './truth.ts'

export interface ScSimulatorOptions extends Omit<SimulatorOptions, 'replay' | 'role' | 'strictKeys' | 'jobPace'> {
  /** Default 6.4.0. Before 6 there are no universal repositories and no list of hosts; before 5.13 no keys. */
  readonly version?: string
  readonly username?: string
  readonly password?: string
  /** How long a session lives without a call; default an hour. */
  readonly sessionSeconds?: number
  /** Sessions a user may have at once; default 5. */
  readonly mostSessions?: number
  /** Speaks TLS with this certificate. */
  readonly tls?: TlsPair
}

export interface ScSimulator {
  readonly url: string
  readonly accessKey: string
  readonly secretKey: string
  readonly username: string
  readonly password: string
  /** Time, life, faults, keys and requests, as of the simulated tenant; what it calls truth is the tenant's. */
  readonly control: Control
  truth(): Iterable<ScTruthFinding>
  /** The server is upgraded: from 6 on one repository tells hosts apart by another field. */
  upgrade(version: string): void
  /** Repositories that the user sees no more. */
  hideRepositories(...ids: readonly number[]): void
  /** Another server answers at this address. */
  replaceServer(): void
  expireSessions(): void
  /** How often somebody logged in. */
  logins(): number
  stop(): Promise<void>
}

export async function startScSimulator(options: ScSimulatorOptions = {}): Promise<ScSimulator> {
  const simulation = await createSimulation(options)
  const { seed } = simulation
  const username = options.username ?? 'tenfold'
  const password = options.password ?? `pass-${seed}`
  const settings = {
    version: options.version ?? '6.4.0',
    hidden: new Set<number>(),
    uuid: uuidOf(seed, topic.tenant, 40),
  }
  const isModern = () => Number(settings.version.split('.')[0]) >= 6
  const sc: SecurityCenter = {
    simulation,
    settings,
    isModern,
    rows: createRows(simulation, isModern, settings.hidden),
    details: createDetailsWriter(isModern, simulation.outputBytes),
    sessions: createSessions(seed, {
      username,
      password,
      timeoutSeconds: options.sessionSeconds ?? 3600,
      most: options.mostSessions ?? 5,
    }),
  }
  const { host = '127.0.0.1', port = 0, tls } = options
  const server = await listenSc(sc, { host, port, tls })
  return {
    url: server.url,
    get accessKey() {
      return simulation.keys.accessKey
    },
    get secretKey() {
      return simulation.keys.secretKey
    },
    username,
    password,
    control: simulation.control,
    truth: () => scTruthFindings(sc),
    upgrade: version => {
      settings.version = version
    },
    hideRepositories: (...ids) => {
      settings.hidden.clear()
      for (const id of ids) settings.hidden.add(id)
    },
    replaceServer: () => {
      settings.uuid = uuidOf(seed, topic.tenant, 41)
    },
    expireSessions: () => sc.sessions.expireAll(),
    logins: () => sc.sessions.opened(),
    stop: () => server.stop(),
  }
}
