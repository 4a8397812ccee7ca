import { createHash } from 'node:crypto'
import { realClock, type SimulatorClock, virtualClock } from './clock.ts'
import { type ComplianceBook, createComplianceBook } from './compliance-book.ts'
import { type Control, createControl } from './control.ts'
import { createDirectoryBook, type DirectoryBook } from './directory-book.ts'
import { createEstate, type Estate } from './estate.ts'
import { createEventLog, type EventLog } from './events.ts'
import { createFaultBook, type FaultBook } from './faults.ts'
import { createPluginTexts, type PluginTexts } from './finding-body.ts'
import type { JobPace, RateLimit, Role, SimulatorOptions } from './index.ts'
import { createJobBook, type JobBook } from './jobs.ts'
import { createLife, type Life } from './life.ts'
import { createPluginCatalogue } from './plugin-catalogue.ts'
import { hexOf, topic } from './random.ts'
import { loadRecording, type Recording } from './replay.ts'
import { createRequestLog, type RequestLogBook } from './request-log.ts'
import { createScanBook, type ScanBook } from './scans.ts'
import { createTenant } from './tenant.ts'

/** Who is asking: what the one key pair may do and see. */
export interface Keys {
  accessKey: string
  secretKey: string
  isRevoked: boolean
  role: Role
  /** Share of assets a key below Administrator can view. */
  canView: number
  readonly strict: boolean
}

/** Everything one simulated tenant is made of. */
export interface Simulation {
  readonly seed: number
  readonly clock: SimulatorClock
  readonly estate: Estate
  readonly life: Life
  readonly directory: DirectoryBook
  readonly scans: ScanBook
  readonly compliance: ComplianceBook
  readonly events: EventLog
  readonly jobs: JobBook
  readonly faults: FaultBook
  readonly requests: RequestLogBook
  readonly keys: Keys
  readonly texts: PluginTexts
  readonly outputBytes: number
  readonly rateLimit: RateLimit | undefined
  readonly compress: boolean
  readonly recording: Recording | undefined
  readonly control: Control
}

export const defaultStart = '2026-06-01T06:00:00Z'

export async function createSimulation(options: SimulatorOptions): Promise<Simulation> {
  const seed = options.seed ?? 1
  const isReal = options.clock === 'real'
  const startMs =
    options.startAt === undefined ? (isReal ? Date.now() : Date.parse(defaultStart)) : Date.parse(options.startAt)
  if (Number.isNaN(startMs)) throw new RangeError(`startAt is not an ISO 8601 instant: ${options.startAt}`)
  const clock = isReal ? realClock(startMs) : virtualClock(startMs)
  const findings = options.findings ?? (options.assets === undefined ? 8000 : options.assets * 40)
  const assets = options.assets ?? Math.max(Math.round(findings / 40), 20)
  const tenant = createTenant(seed, startMs)
  const pluginCount = options.plugins ?? pluginsFor(findings, assets)
  const plugins = createPluginCatalogue(seed, pluginCount, startMs)
  const estate = createEstate(seed, { assets, findings }, tenant, plugins, startMs)
  const events = createEventLog(index => estate.assets[index]!.uuid)
  const scans = createScanBook(seed, tenant, clock)
  const life = createLife({ estate, events, scans, clock, seed }, options.life ?? {}, isReal)
  const jobs = createJobBook(seed, clock, pace(options.jobPace))
  const simulation: Omit<Simulation, 'control'> = {
    seed,
    clock,
    estate,
    life,
    directory: createDirectoryBook(),
    scans,
    compliance: createComplianceBook(),
    events,
    jobs,
    faults: createFaultBook(seed, options.faults ?? []),
    requests: createRequestLog(clock),
    keys: {
      accessKey: options.accessKey ?? deriveKey(seed, 1),
      secretKey: options.secretKey ?? deriveKey(seed, 2),
      isRevoked: false,
      role: options.role ?? 64,
      canView: 1,
      strict: options.strictKeys ?? true,
    },
    texts: createPluginTexts(),
    outputBytes: options.outputBytes ?? 700,
    rateLimit: options.rateLimit,
    compress: options.compress ?? true,
    recording: options.replay === undefined ? undefined : await loadRecording(options.replay),
  }
  return Object.assign(simulation, { control: createControl(simulation) })
}

/** An asset holds each plugin once or twice, so a dense estate needs a catalogue that is large enough for it. */
function pluginsFor(findings: number, assets: number): number {
  return Math.max(
    600,
    Math.min(Math.round(findings / 100), 8000),
    Math.min(Math.round((21 * findings) / assets), 40_000),
  )
}

function pace(given: JobPace | undefined): JobPace {
  if (given?.chunksPerPoll !== undefined && given.chunksPerPoll < 1)
    throw new RangeError('jobPace.chunksPerPoll must be at least 1')
  return given ?? {}
}

/** 64 hexadecimal digits, like the vendor's keys. */
export function deriveKey(seed: number, generation: number): string {
  return createHash('sha256')
    .update(`${hexOf(seed, topic.keys, generation, 32)}`)
    .digest('hex')
}
