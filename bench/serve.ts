import { createReadStream, readFileSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Estate } from './estate.ts'

// A tenant that only sends files: a process of its own, so that what it costs is not ours.

type Stream = 'findings' | 'assets'

/** One export that was asked for; its id is its place in the list. */
interface Job {
  readonly stream: Stream
  /** Null: nothing changed. */
  readonly folder: string | null
  readonly filters: unknown
  readonly created: number
}

const folder = process.argv[2] ?? ''
const jobs: Job[] = []
/** What deltas answer with, as `POST /bench/changes` last said. */
let changes: string | null = null

const server = createServer((request, response) => {
  const path = request.url?.split('?')[0] ?? ''
  if (request.method === 'POST') return void answerPost(request, response, path)
  const chunk = /^\/(?:vulns|assets)\/export\/([^/]+)\/chunks\/(\d+)$/.exec(path)
  if (chunk) {
    const job = jobOf(chunk[1])
    return sendFile(response, join(job.folder ?? '', `${job.stream}-${chunk[2]}.json.gz`))
  }
  const status = /^\/(?:vulns|assets)\/export\/([0-9a-f-]+)\/status$/.exec(path)
  if (status) return sendJson(response, statusOf(status[1] ?? ''))
  sendJson(response, answers[path] ?? { exports: [] })
})

const answers: Record<string, unknown> = {
  '/session': { container_uuid: 'bench', permissions: 64, username: 'bench', enabled: true },
  '/server/properties': { server_uuid: 'bench' },
  '/plugins/plugin': { data: { plugin_details: [] }, size: 0, params: {}, total_count: 0 },
}

function jobOf(id: string | undefined): Job {
  const job = jobs[Number(id?.slice(-12))]
  if (!job) throw new Error(`no export ${id}`)
  return job
}

function statusOf(id: string) {
  const { stream, folder: from, filters, created } = jobOf(id)
  const available = Array.from({ length: chunksOf(from, stream) }, (_, index) => index + 1)
  if (stream === 'assets') return { status: 'FINISHED', chunks_available: available }
  return {
    uuid: id,
    status: 'FINISHED',
    chunks_available: available,
    chunks_failed: [],
    chunks_cancelled: [],
    total_chunks: available.length,
    created,
    filters,
  }
}

function chunksOf(from: string | null, stream: Stream): number {
  if (from === null) return 0
  const estate = JSON.parse(readFileSync(join(from, 'estate.json'), 'utf8')) as Estate
  return stream === 'findings' ? estate.findingChunks : estate.assetChunks
}

async function answerPost(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  let text = ''
  for await (const block of request) text += block
  const body = JSON.parse(text || '{}') as { folder?: string | null; filters?: Record<string, unknown>; since?: number }
  if (path === '/bench/changes') {
    changes = body.folder ?? null
    return sendJson(response, {})
  }
  const filters = body.filters ?? {}
  const asksForAll = [body.since, filters.since, filters.indexed_at, filters.updated_at].every(
    time => Number(time ?? 1) <= 1,
  )
  const stream = path.startsWith('/vulns') ? 'findings' : 'assets'
  jobs.push({ stream, folder: asksForAll ? folder : changes, filters, created: Date.now() })
  sendJson(response, { export_uuid: `00000000-0000-4000-8000-${String(jobs.length - 1).padStart(12, '0')}` })
}

function sendFile(response: ServerResponse, file: string): void {
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-encoding': 'gzip',
    'content-length': statSync(file).size,
  })
  createReadStream(file, { highWaterMark: 1 << 18 }).pipe(response)
}

function sendJson(response: ServerResponse, value: unknown): void {
  const text = JSON.stringify(value)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
}

server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
