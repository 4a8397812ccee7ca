import type { IncomingMessage } from 'node:http'
import { hexOf, topic } from '../random.ts'

export interface NessusSessions {
  /** @returns undefined for a wrong name or password */
  open(username: string, password: string): string | undefined
  close(request: IncomingMessage): void
  knows(request: IncomingMessage): boolean
  /** As a restart, or the idle timeout, does. */
  expireAll(): void
  opened(): number
}

export function createNessusSessions(seed: number, username: string, password: string): NessusSessions {
  const tokens = new Set<string>()
  let count = 0
  const tokenIn = (request: IncomingMessage) =>
    /^\s*token=([0-9a-f]+)\s*;?\s*$/.exec(String(request.headers['x-cookie'] ?? ''))?.[1]
  return {
    open: (name, secret) => {
      if (name !== username || secret !== password) return undefined
      const token = hexOf(seed, topic.keys, ++count, 48, 9)
      tokens.add(token)
      return token
    },
    close: request => {
      tokens.delete(tokenIn(request) ?? '')
    },
    knows: request => tokens.has(tokenIn(request) ?? ''),
    expireAll: () => tokens.clear(),
    opened: () => count,
  }
}

/** `X-ApiKeys: accessKey=…; secretKey=…`, with or without the blank. The header of Security Center, without the s, is another. */
export function hasApiKeys(
  keys: { readonly accessKey: string; readonly secretKey: string },
  request: IncomingMessage,
): boolean {
  const header = request.headers['x-apikeys']
  if (typeof header !== 'string') return false
  const fields = new Map(
    header.split(';').map(part => {
      const [name = '', value = ''] = part.trim().split('=')
      return [name, value] as const
    }),
  )
  return fields.get('accessKey') === keys.accessKey && fields.get('secretKey') === keys.secretKey
}
