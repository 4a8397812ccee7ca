import type { RefreshAnswer } from '../../contract/refresh.ts'
import { getRunView } from '../../store/queries/run-detail.ts'
import { getSourceToActOn } from '../../store/queries/visible-sources.ts'
import { type RefreshRequest, targetOfAssets } from '../../sync/refresh.ts'
import { type Call, type Handlers, type Services, WithStatus } from '../handler.ts'
import { onlySource } from './configuration.ts'

export const refreshHandlers = {
  refreshAssets: async (services, call) => {
    const { sourceId, target } = await targetOfAssets(
      services.unscoped,
      call.body.asset_ids.map(String),
      services.database,
    )
    const streams = ['assets', 'findings'] as const
    const { status, body } = await refresh(services, call, { sourceId, target, streams, trigger: 'api' })
    return new WithStatus<'refreshAssets'>(status, body)
  },

  refreshFindings: async (services, call) => {
    const { sourceId, target } = await targetOf(services, call.body)
    const { status, body } = await refresh(services, call, { sourceId, target, streams: ['findings'], trigger: 'api' })
    return new WithStatus<'refreshFindings'>(status, body)
  },
} satisfies Partial<Handlers>

async function targetOf(
  services: Services,
  { plugin_id: pluginId, asset_ids: assetIds, source_id: sourceId }: Call<'refreshFindings'>['body'],
): Promise<Pick<RefreshRequest, 'sourceId' | 'target'>> {
  if (pluginId === undefined) return targetOfAssets(services.unscoped, (assetIds ?? []).map(String), services.database)
  const source = sourceId === undefined ? await onlySource(services, 'Say which with source_id.') : { id: sourceId }
  await getSourceToActOn(services.database, source.id)
  return { sourceId: source.id, target: { plugin_ids: [pluginId] } }
}

async function refresh(
  { database, engine }: Services,
  {
    actor,
    signal,
    body,
  }: Pick<Call<'refreshAssets'>, 'actor' | 'signal'> & { readonly body: { readonly wait: boolean } },
  request: RefreshRequest,
): Promise<{ readonly status: 200 | 202; readonly body: RefreshAnswer }> {
  const { runId, created, message } = await engine.requestRefresh(request, actor)
  if (body.wait) await engine.waitForRun(runId, signal)
  const job = await getRunView(database, runId)
  const success = body.wait ? job.status === 'completed' : true
  return {
    status: created && !body.wait ? 202 : 200,
    body: { success, processed: job.processed, importId: runId, created, message, job },
  }
}
