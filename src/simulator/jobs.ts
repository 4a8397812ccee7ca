import { Refusal, tooManyRequests } from './answer.ts'
import { dayMs, type SimulatorClock } from './clock.ts'
import type { JobPace } from './index.ts'
import type { ChunkPlan, Job, JobFamily, JobRequest, JobView } from './job.ts'
import { refuseDuplicate } from './job-refusals.ts'
import { viewOf } from './job-view.ts'
import { hash32, hash32Of, topic, uuidOf } from './random.ts'

export interface JobBook {
  create(request: JobRequest): Promise<Job>
  find(family: JobFamily, uuid: string): Job | undefined
  list(family: JobFamily): readonly Job[]
  /** One look at a job: it gets a little further. */
  poll(job: Job): JobView
  view(job: Job): JobView
  cancel(job: Job): boolean
  chunk(
    job: Job,
    id: number,
  ): { readonly state: 'ready'; readonly plan: ChunkPlan } | { readonly state: 'not-ready' | 'unknown' | 'expired' }
  isExpired(job: Job): boolean
  /** Any request moves the jobs nobody watches. */
  breathe(): void
  setForeign(count: number): void
  running(): number
}

/** Ten running exports in a container; finished chunks live a day, compliance and cancelled ones three. */
const slots = 10

const keptJobs = 1000

export function createJobBook(seed: number, clock: SimulatorClock, pace: JobPace): JobBook {
  const jobs: Job[] = []
  let created = 0
  const queuedPolls = pace.queuedPolls ?? 1
  const view = (job: Job) => viewOf(job, queuedPolls, pace.chunksPerPoll)
  const isRunning = (job: Job) => ['QUEUED', 'PROCESSING'].includes(view(job).status) && !isAbandoned(job)
  // A stuck or foreign job holds its slot; one that should have ended a day ago does not.
  const isAbandoned = (job: Job) => clock.now() - job.createdAt > dayMs && !job.isForeign
  const running = () => jobs.filter(isRunning).length
  const newJob = (request: Omit<JobRequest, 'plan'>, isForeign: boolean): Job => ({
    uuid: uuidOf(seed, topic.job, ++created, hash32Of(request.key)),
    family: request.family,
    key: request.key,
    echo: request.echo,
    perChunk: request.perChunk,
    context: request.context,
    createdAt: clock.now(),
    isForeign,
    fault: request.fault,
    chunks: new Map(),
    order: [],
    emptyChunks: 0,
    isPlanned: false,
    steps: 0,
    quietRequests: 0,
    cancelledAt: 0,
    cancelledShown: 0,
  })
  const isExpired = (job: Job) => {
    const lifeDays = job.family === 'compliance' || job.cancelledAt !== 0 ? 3 : 1
    return clock.now() - (job.cancelledAt || job.createdAt) > lifeDays * dayMs
  }
  const cancel = (job: Job): boolean => {
    if (!isRunning(job)) return false
    const { available, total } = view(job)
    job.cancelledShown = Math.min(available.length + 1, total)
    job.cancelledAt = clock.now()
    return true
  }
  return {
    create: async request => {
      const twin = jobs.find(job => job.family === request.family && job.key === request.key && isRunning(job))
      refuseDuplicate(request, twin)
      if (twin !== undefined) cancel(twin)
      if (running() >= slots) throw new Refusal(tooManyRequests(30))
      const job = newJob(request, false)
      jobs.push(job)
      while (jobs.length > keptJobs) jobs.shift()
      const plans = await request.plan()
      Object.assign(job, numberChunks(plans, hash32(seed, topic.job, created)))
      return job
    },
    find: (family, uuid) => jobs.find(job => job.family === family && job.uuid === uuid),
    list: family =>
      jobs
        .filter(job => job.family === family && (isRunning(job) || clock.now() - job.createdAt <= 3 * dayMs))
        .toReversed(),
    poll: job => {
      job.steps++
      job.quietRequests = 0
      return view(job)
    },
    view,
    cancel,
    chunk: (job, id) => {
      if (isExpired(job)) return { state: 'expired' }
      const { available } = view(job)
      if (available.includes(id)) return { state: 'ready', plan: job.chunks.get(id) }
      return { state: job.chunks.has(id) ? 'not-ready' : 'unknown' }
    },
    isExpired,
    breathe: () => {
      for (const job of jobs) {
        if (job.isForeign || ++job.quietRequests % 10 !== 0) continue
        job.steps++
      }
    },
    setForeign: count => {
      for (let i = jobs.length - 1; i >= 0; i--) if (jobs[i]!.isForeign) jobs.splice(i, 1)
      for (let n = 0; n < count; n++) {
        const job = newJob(
          {
            family: 'vulns',
            key: `foreign ${n}`,
            echo: foreignEcho,
            perChunk: 50,
            context: undefined,
            fault: { kind: 'job_stuck', status: 'PROCESSING' },
          },
          true,
        )
        Object.assign(job, numberChunks(Array.from({ length: 20 }), hash32(seed, topic.job, n)), {
          steps: queuedPolls + 1,
        })
        jobs.push(job)
      }
    },
    running,
  }
}

const foreignEcho = {
  state: ['OPEN', 'REOPENED'],
  since: 1_700_000_000 + 1,
  first_found: 0,
  last_found: 0,
  last_fixed: 0,
  indexed_at: 0,
}

/** Ids start at 1; in jobs of four chunks and more one number is left out, an empty chunk nobody can download. */
function numberChunks(
  plans: readonly ChunkPlan[],
  hash: number,
): Pick<Job, 'chunks' | 'order' | 'emptyChunks' | 'isPlanned'> {
  const gap = plans.length >= 4 ? 2 + (hash % (plans.length - 2)) : 0
  const chunks = new Map(plans.map((plan, n) => [gap !== 0 && n + 1 >= gap ? n + 2 : n + 1, plan]))
  const order = [...chunks.keys()].sort((a, b) => hash32(hash, a) - hash32(hash, b))
  return { chunks, order, emptyChunks: gap === 0 ? 0 : 1, isPlanned: true }
}
