import type { IncomingMessage } from 'node:http'
import { hash32, hexOf, topic } from '../random.ts'
import type { Keys } from '../simulation.ts'

export interface SessionOptions {
  readonly username: string
  readonly password: string
  /** A session without a call for so long is over; seconds of the machine's clock. */
  readonly timeoutSeconds: number
  /** Sessions one user may have before an old one must be released. */
  readonly most: number
}

export interface Sessions {
  readonly timeoutSeconds: number
  /** A new session, or undefined when the user has as many as allowed and none was to be released. */
  open(username: string, password: string, release: boolean): OpenedSession | 'refused' | undefined
  close(request: IncomingMessage): void
  /** Whether a request is made by somebody. */
  knows(request: IncomingMessage): boolean
  /** Ends all of them at once, as a restart would. */
  expireAll(): void
  /** How often somebody logged in. */
  opened(): number
}

export interface OpenedSession {
  readonly token: string
  readonly cookie: string
}

interface Session extends OpenedSession {
  usedAt: number
}

export function createSessions(seed: number, options: SessionOptions): Sessions {
  let sessions: Session[] = []
  let count = 0
  const alive = () => {
    const oldest = Date.now() - options.timeoutSeconds * 1000
    sessions = sessions.filter(session => session.usedAt > oldest)
    return sessions
  }
  const of = (request: IncomingMessage) => {
    const token = request.headers['x-securitycenter']
    const cookie = /TNS_SESSIONID=([0-9a-f]+)/.exec(request.headers.cookie ?? '')?.[1]
    return alive().find(session => session.token === token && session.cookie === cookie)
  }
  return {
    timeoutSeconds: options.timeoutSeconds,
    open: (username, password, release) => {
      if (username !== options.username || password !== options.password) return 'refused'
      if (alive().length >= options.most) {
        if (!release) return undefined
        sessions.shift()
      }
      count++
      const token = String(hash32(seed, topic.keys, count, 7))
      const session = { token, cookie: hexOf(seed, topic.keys, count, 32, 8), usedAt: Date.now() }
      sessions.push(session)
      return session
    },
    close: request => {
      const ended = of(request)
      sessions = sessions.filter(session => session !== ended)
    },
    knows: request => {
      const session = of(request)
      if (session) session.usedAt = Date.now()
      return session !== undefined
    },
    expireAll: () => {
      sessions = []
    },
    opened: () => count,
  }
}

/**
 * Checks `x-apikey: accesskey=…; secretkey=…`: names in any case, a blank or none after the semicolon, another at the end.
 * The header of Vulnerability Management and Nessus, with an s at its end, is another one.
 */
export function hasKeys(keys: Keys, request: IncomingMessage): boolean {
  const header = request.headers['x-apikey']
  if (typeof header !== 'string' || keys.isRevoked) return false
  const fields = new Map(
    header.split(';').map(part => {
      const [name = '', value = ''] = part.trim().split('=')
      return [name.toLowerCase(), value] as const
    }),
  )
  return fields.get('accesskey') === keys.accessKey && fields.get('secretkey') === keys.secretKey
}
