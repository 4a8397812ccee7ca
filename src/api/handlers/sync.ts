import type { SyncRequest } from '../../contract/sync.ts'
import { ConfigError } from '../../platform/errors.ts'
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

  retryJob: async (services, { params, actor }) => {
    const run = await getRunView(services.database, params.id)
    if (run.status === 'pending' || run.status === 'running') {
      throw new ConfigError('job_not_ended', `Sync job ${run.id} is ${run.status}. Stop it first, or wait for its end.`)
    }
    if (run.kind !== 'full' && run.kind !== 'delta') {
      throw new ConfigError(
        'not_retriable',
        `Sync job ${run.id} is of kind ${run.kind}; only full and delta can run again.`,
      )
    }
    const { runId, created } = await services.engine.requestRun(
      {
        sourceId: (await getSourceToActOn(services.database, run.source_id)).id,
        kind: run.kind,
        trigger: 'api',
        streams: run.streams.map(stream => stream.stream),
      },
      actor,
    )
    return new WithStatus<'retryJob'>(created ? 201 : 200, await getRunView(services.database, runId))
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
