import { request as ask, createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startScSimulator } from '../src/simulator/sc/index.ts'

// A Security Center in a process of its own, so that what it costs is not ours. What it was asked once it answers from
// memory, packed as it was: only the first reading costs it anything. Its first line says where it is.

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

const findings = Number(process.argv[2])
const simulator = await startScSimulator({
  findings,
  assets: Math.round(findings / 40),
  accessKey: 'a'.repeat(32),
  secretKey: 'b'.repeat(32),
})
const answers = new Map<string, Promise<Answer>>()

const server = createServer((request, response) => {
  void answered(request).then(({ status, headers, body }) => {
    // Its own time: of the answer that was kept it would be an old one.
    const { date: _date, 'transfer-encoding': _pieces, connection: _connection, ...kept } = headers
    response.writeHead(status, { ...kept, 'content-length': body.length }).end(body)
  })
})

async function answered(request: IncomingMessage): Promise<Answer> {
  const body = await bytesOf(request)
  const key = `${request.method} ${request.url} ${body.toString('utf8')}`
  const known = answers.get(key) ?? forwarded(request, body)
  answers.set(key, known)
  return known
}

function forwarded({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const forward = ask(new URL(url ?? '/', simulator.url), { ...(method ? { method } : {}), headers }, answer => {
      bytesOf(answer).then(
        whole => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: whole }),
        reject,
      )
    })
    forward.on('error', reject).end(body)
  })
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
