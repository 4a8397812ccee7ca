import { type Answer, type Element, json, Refusal } from './answer.ts'
import { type Asset, isLive } from './asset.ts'
import type { Context, Handler } from './context.ts'
import { answerElements } from './element-faults.ts'
import type { Job, JobFamily } from './job.ts'
import { jobRefusals } from './job-refusals.ts'
import { fraction, hash32, topic } from './random.ts'
import type { RequestObject } from './request-body.ts'
import type { Simulation } from './simulation.ts'

/** What the key may see, as it was when the job was made. */
export interface Scope {
  readonly seesDeleted: boolean
  views(asset: Asset): boolean
  /** Findings of deleted, terminated and departed assets are no longer told. */
  findingsOf(asset: Asset): boolean
}

export function scopeOf(simulation: Pick<Simulation, 'keys' | 'seed'>): Scope {
  const { role, canView } = simulation.keys
  const isAdministrator = role === 64
  const views = (asset: Asset) => isAdministrator || canView >= 1 || fraction(hash32(asset.hash, topic.view)) < canView
  return { seesDeleted: isAdministrator, views, findingsOf: asset => isLive(asset) && views(asset) }
}

/** What makes two requests the same: the body, whatever the order of its keys. */
export function requestKey(request: RequestObject): string {
  return JSON.stringify(sortKeys(request))
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  )
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}

export function groupBy<T>(items: readonly T[], size: number): T[][] {
  const groups: T[][] = []
  for (let at = 0; at < items.length; at += size) groups.push(items.slice(at, at + size))
  return groups
}

export function jobOf({ simulation, params, fault }: Context, family: JobFamily): Job {
  const uuid = params.export_uuid!
  const job = simulation.jobs.find(family, uuid)
  if (job === undefined || job.isForeign) throw jobRefusals[family].unknown(uuid)
  const isAskedForChunk = params.chunk_id !== undefined
  if (fault?.kind === 'expired' && !isAskedForChunk) throw jobRefusals[family].unknown(uuid)
  if (family === 'assets' && !isAskedForChunk && simulation.jobs.isExpired(job)) throw jobRefusals.assets.unknown(uuid)
  return job
}

/** The elements of the chunk asked for, spoilt where a fault says so. */
export function answerChunk<T>(
  { simulation, params, fault }: Context,
  job: Job,
  elementsOf: (plan: T) => Iterable<Element>,
): Iterable<Element> {
  const refusals = jobRefusals[job.family]
  if (fault?.kind === 'expired') throw refusals.noChunk()
  const id = Number(params.chunk_id)
  const found = simulation.jobs.chunk(job, id)
  if (found.state === 'not-ready') throw refusals.notReady()
  if (found.state !== 'ready') throw refusals.noChunk()
  const other = [...job.chunks].find(([otherId]) => otherId !== id)
  return answerElements(fault, elementsOf(found.plan as T), other === undefined ? [] : elementsOf(other[1] as T))
}

export function cancelHandler(family: JobFamily): Handler {
  return ({ simulation, params }): Answer => {
    const uuid = params.export_uuid!
    const job = simulation.jobs.find(family, uuid)
    if (job === undefined) {
      if (family === 'assets')
        throw new Refusal(json({ status: 404, message: `Job with UUID: ${uuid} not found` }, 404))
      throw jobRefusals[family].unknown(uuid)
    }
    if (!simulation.jobs.cancel(job)) throw jobRefusals[family].finished()
    return json({ status: 'CANCELLED' })
  }
}
