import { createReadStream, readFileSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Estate } from './estate.ts'

// A tenant that only sends files: a process of its own, so that what it costs is not ours.

const folder = process.argv[2] ?? ''
const estate = JSON.parse(readFileSync(join(folder, 'estate.json'), 'utf8')) as Estate
const exports_ = {
  findings: { id: '00000000-0000-4000-8000-000000000001', chunks: estate.findingChunks },
  assets: { id: '00000000-0000-4000-8000-000000000002', chunks: estate.assetChunks },
} as const
const created = Date.now()
let asked: unknown = {}

const server = createServer((request, response) => {
  const path = request.url?.split('?')[0] ?? ''
  if (request.method === 'POST') return void answerPost(request, response, path)
  const chunk = /^\/(vulns|assets)\/export\/[^/]+\/chunks\/(\d+)$/.exec(path)
  if (chunk) return sendFile(response, `${chunk[1] === 'vulns' ? 'findings' : 'assets'}-${chunk[2]}.json.gz`)
  const status = /^\/(vulns|assets)\/export\/[^/]+\/status$/.exec(path)
  if (status) return sendJson(response, statusOf(status[1] === 'vulns' ? 'findings' : 'assets'))
  sendJson(response, answers[path] ?? { exports: [] })
})

const answers: Record<string, unknown> = {
  '/session': { container_uuid: 'bench', permissions: 64, username: 'bench', enabled: true },
  '/server/properties': { server_uuid: 'bench' },
  '/plugins/plugin': { data: { plugin_details: [] }, size: 0, params: {}, total_count: 0 },
}

function statusOf(stream: keyof typeof exports_) {
  const { id, chunks } = exports_[stream]
  const available = Array.from({ length: chunks }, (_, index) => index + 1)
  if (stream === 'assets') return { status: 'FINISHED', chunks_available: available }
  return {
    uuid: id,
    status: 'FINISHED',
    chunks_available: available,
    chunks_failed: [],
    chunks_cancelled: [],
    total_chunks: chunks,
    created,
    filters: asked,
  }
}

async function answerPost(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  let body = ''
  for await (const block of request) body += block
  if (path === '/vulns/export') asked = (JSON.parse(body) as { filters?: unknown }).filters ?? {}
  sendJson(response, { export_uuid: exports_[path.startsWith('/vulns') ? 'findings' : 'assets'].id })
}

function sendFile(response: ServerResponse, name: string): void {
  const file = join(folder, name)
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
