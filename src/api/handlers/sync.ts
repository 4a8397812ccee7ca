import type { SyncRequest } from '../../contract/sync.ts'
import type { Actor } from '../../store/audit.ts'
import { loadSyncStatistics } from '../../store/queries/freshness.ts'
import { getRun, getRunView } from '../../store/queries/run-detail.ts'
import { listRuns } from '../../store/queries/run-list.ts'
import { getRunLog } from '../../store/queries/run-log.ts'
import { getSourceToActOn } from '../../store/queries/visible-sources.ts'
import { type Handlers, type Services, WithStatus } from '../handler.ts'
import { pageRequest } from '../page-request.ts'
import { onlySource } from './configuration.ts'

export const syncHandlers = {
  startSync: async (services, { body, actor, signal }) => {
    const { runId, created } = await request(services, body, actor)
    if (body.wait) await services.engine.waitForRun(runId, signal)
    const job = await getRunView(services.database, runId)
    const success = body.wait ? job.status === 'completed' : true
    return new WithStatus<'startSync'>(created && !body.wait ? 202 : 200, {
      success,
      processed: job.processed,
      importId: runId,
      created,
      job,
    })
  },

  createJob: async (services, { body, actor, signal }) => {
    const { runId, created } = await request(services, body, actor)
    if (body.wait) await services.engine.waitForRun(runId, signal)
    return new WithStatus<'createJob'>(created ? 201 : 200, await getRunView(services.database, runId))
  },

  retryJob: async ({ database, engine }, { params, actor }) => {
    await getSourceToActOn(database, (await getRunView(database, params.id)).source_id)
    const { runId, created } = await engine.retryRun(params.id, 'api', actor)
    return new WithStatus<'retryJob'>(created ? 201 : 200, await getRunView(database, runId))
  },

  retryFailedJobs: async ({ database, engine }, { body, actor }) => {
    const { isWhole, wholeSources } = database.access
    const retried = await engine.retryFailed(body.days, 'api', actor, isWhole ? undefined : wholeSources)
    const items = retried.map(async ({ runId, created, retries }) => {
      return { retries, created, job: await getRunView(database, runId) }
    })
    return { items: await Promise.all(items) }
  },

  cancelJob: async ({ database, engine }, { params, actor }) => {
    await getSourceToActOn(database, (await getRunView(database, params.id)).source_id)
    const cancelled = await engine.cancelRun(params.id, actor)
    return { cancelled, job: await getRunView(database, params.id) }
  },

  stopSync: async ({ database, engine }, { actor }) => {
    const { isWhole, wholeSources } = database.access
    return { success: true as const, stopped: await engine.stopAll(actor, isWhole ? undefined : wholeSources) }
  },

  listJobs: ({ database }, { query }) => {
    const { page, filter } = pageRequest(query)
    return listRuns(database, { ...page, filter })
  },
  getJob: ({ database }, { params }) => getRun(database, params.id),
  getJobLog: ({ database }, { params }) => getRunLog(database, params.id),
  getSyncStatus: ({ database, clock }) => loadSyncStatistics(database, clock.now()),
} satisfies Partial<Handlers>

async function request(services: Services, body: SyncRequest, actor: Actor) {
  const remedy = 'Say which with source_id.'
  const source =
    body.source_id === undefined
      ? await onlySource(services, remedy)
      : await getSourceToActOn(services.database, body.source_id)
  await getSourceToActOn(services.database, source.id)
  return services.engine.requestRun(
    { sourceId: source.id, kind: body.kind, trigger: 'api', ...(body.streams ? { streams: body.streams } : {}) },
    actor,
  )
}
