import type { IncomingMessage } from 'node:http'
import { gatewayError, Refusal } from './answer.ts'

export function withoutKeys(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (secretHeaders.has(name) || value === undefined) continue
    headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}

const secretHeaders: ReadonlySet<string> = new Set([
  'x-apikeys',
  'x-apikey',
  'x-securitycenter',
  'x-cookie',
  'cookie',
  'authorization',
])

const bodyLimit = 1_048_576

export async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    // Read to its end all the same: a connection cut here would hide the refusal.
    if (size <= bodyLimit) parts.push(part)
  }
  if (size > bodyLimit) throw new Refusal(gatewayError(400, 'Payload content length greater than maximum allowed'))
  return Buffer.concat(parts).toString('utf8')
}

export function parse(text: string): unknown {
  if (text.trim() === '' || text.trim() === '""') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new Refusal(gatewayError(400, 'Invalid request payload JSON format'))
  }
}
