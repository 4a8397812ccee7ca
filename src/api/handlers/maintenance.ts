import { getJob } from '../../store/maintenance/jobs.ts'
import type { MaintenanceWork } from '../../store/maintenance/maintenance.ts'
import { archivableClass } from '../../store/maintenance/retention.ts'
import { refuseNarrowed } from '../../store/queries/visible-sources.ts'
import { type Call, type Handlers, type Services, WithStatus } from '../handler.ts'

/** Most work is done before somebody wonders; what takes longer goes on as a job. */
const waitMs = 3_000

export const maintenanceHandlers = {
  getMaintenance: async ({ database, maintenance }) => {
    refuseNarrowed(database)
    const overview = await maintenance.overview()
    return {
      ...overview,
      classes: [...overview.classes],
      kept_for_ever: [...overview.kept_for_ever],
      jobs: overview.jobs.map(presentJob),
    }
  },
  changeRetention: async ({ database, maintenance }, { body, query, actor }) => {
    refuseNarrowed(database)
    const changes = body.rules.map(rule => ({ class: archivableClass(rule.class), keepDays: rule.keep_days }))
    if (!query.dry_run) return { items: [...(await maintenance.changeRetention(changes, actor))] }
    const rules = await maintenance.retention()
    return {
      items: rules.map(rule => {
        const change = changes.find(one => one.class === rule.class)
        return change ? { ...rule, keep_days: change.keepDays } : rule
      }),
    }
  },
  listArchiveFiles: async ({ database, maintenance }) => {
    refuseNarrowed(database)
    return { items: [...(await maintenance.files())] }
  },
  startArchive: (services, call) => {
    const { class: names, older_than_days: olderThanDays } = call.body
    return start(services, call, { kind: 'archive', class: names?.map(archivableClass), olderThanDays })
  },
  startArchiveRestore: (services, call) => {
    const { class: name, month, file } = call.body
    return start(services, call, {
      kind: 'restore',
      class: name === undefined ? undefined : archivableClass(name),
      month,
      file,
    })
  },
  startCleanup: (services, call) => {
    const { source_id: sourceId, provisional_days: provisionalDays } = call.body
    return start(services, call, { kind: 'cleanup', sourceId, provisionalDays })
  },
  getVerification: ({ database, verifier }) => {
    refuseNarrowed(database)
    return verifier.status()
  },
  startVerification: async ({ database, verifier }, { actor }) => {
    refuseNarrowed(database)
    verifier.start(actor)
    return new WithStatus<'startVerification'>(202, await verifier.status())
  },
  getMaintenanceJob: async ({ database, unscoped }, { params }) => {
    refuseNarrowed(database)
    return presentJob(await getJob(unscoped, params.id))
  },
} satisfies Partial<Handlers>

type WorkOperation = 'startArchive' | 'startArchiveRestore' | 'startCleanup'

async function start<K extends WorkOperation>(
  { database, maintenance }: Services,
  { query, actor }: Pick<Call<WorkOperation>, 'query' | 'actor'>,
  work: MaintenanceWork,
): Promise<WithStatus<K>> {
  refuseNarrowed(database)
  const job = await maintenance.request(work, { actor, isDryRun: query.dry_run === true })
  const body = presentJob(await maintenance.waitFor(job.id, waitMs))
  return new WithStatus<WorkOperation>(202, body) as unknown as WithStatus<K>
}

function presentJob(job: Awaited<ReturnType<typeof getJob>>) {
  return { ...job, result: job.result === null ? null : [...job.result] }
}
