import { isJsonObject, type Json } from '../../domain/json.ts'
import type { Clock } from '../../platform/clock.ts'
import { SourceError } from '../../platform/errors.ts'
import type { HttpResponse } from '../../platform/http.ts'
import type { Call } from '../exchange.ts'
import { type Authentication, type Headers, keyAuthentication, type Login } from '../own-server.ts'

interface Sender {
  send(
    call: Call,
    headers: Headers,
    signal: AbortSignal,
  ): Promise<{ readonly reply: { readonly response: Json }; readonly response: HttpResponse }>
}

export function createAuthentication(login: Login, clock: Clock, sender: Sender): Authentication {
  if (login.kind === 'password') return new SessionAuthentication(login, clock, sender)
  return keyAuthentication({
    'x-apikey': `accesskey=${login.accessKey.reveal()}; secretkey=${login.secretKey.reveal()}`,
  })
}

interface Session {
  readonly headers: Headers
  readonly lifeMs: number
  usedAt: number
}

/** Of a session's life without a call; what is left is for the clocks and the way. */
const renewAfter = 0.8
const usualLifeMs = 3_600_000

/** One session for all calls: those that find it ended wait for one new login together. */
class SessionAuthentication implements Authentication {
  readonly #login: Extract<Login, { kind: 'password' }>
  readonly #clock: Clock
  readonly #sender: Sender
  #session: Session | undefined
  #opening: Promise<Session> | undefined

  constructor(login: Extract<Login, { kind: 'password' }>, clock: Clock, sender: Sender) {
    this.#login = login
    this.#clock = clock
    this.#sender = sender
  }

  async headers(signal: AbortSignal): Promise<Headers> {
    const now = this.#clock.now().getTime()
    const held = this.#session
    const isAlive = held !== undefined && now - held.usedAt < held.lifeMs * renewAfter
    const session = isAlive ? held : await this.#open(signal)
    session.usedAt = now
    return session.headers
  }

  async renewed(refused: Headers, signal: AbortSignal): Promise<Headers> {
    // Another call may have renewed it already.
    if (this.#session?.headers === refused) this.#session = undefined
    return (this.#session ?? (await this.#open(signal))).headers
  }

  async end(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    if (!session) return
    // Sessions are few: one that is left behind locks somebody out until it ends by itself.
    const call = { method: 'DELETE', path: '/token' } as const
    await this.#sender.send(call, session.headers, AbortSignal.timeout(2_000)).catch(() => undefined)
  }

  #open(signal: AbortSignal): Promise<Session> {
    this.#opening ??= this.#logIn(signal).finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #logIn(signal: AbortSignal): Promise<Session> {
    let answer = await this.#ask(false, signal)
    // As many sessions as the user may have: the oldest of them makes room.
    if (isJsonObject(answer.token) && answer.token.releaseSession === true) answer = await this.#ask(true, signal)
    const token = isJsonObject(answer.token) ? answer.token.token : undefined
    if ((typeof token !== 'string' && typeof token !== 'number') || answer.cookie === undefined) {
      throw new SourceError(
        'no_session',
        'later',
        'Security Center took the name and the password and opened no session. Look whether the user has too many; an API key needs none.',
      )
    }
    const headers = { 'x-securitycenter': String(token), cookie: `TNS_SESSIONID=${answer.cookie}` }
    this.#session = { headers, lifeMs: await this.#lifeOf(headers, signal), usedAt: this.#clock.now().getTime() }
    return this.#session
  }

  async #ask(releaseSession: boolean, signal: AbortSignal): Promise<{ token: Json; cookie: string | undefined }> {
    const body = { username: this.#login.username, password: this.#login.password.reveal(), releaseSession }
    const { reply, response } = await this.#sender.send({ method: 'POST', path: '/token', body }, {}, signal)
    const cookie = /TNS_SESSIONID=([0-9A-Za-z]+)/.exec(response.headers.get('set-cookie') ?? '')?.[1]
    return { token: reply.response, cookie }
  }

  async #lifeOf(headers: Headers, signal: AbortSignal): Promise<number> {
    try {
      const { reply } = await this.#sender.send({ method: 'GET', path: '/system' }, headers, signal)
      const seconds = isJsonObject(reply.response) ? Number(reply.response.sessionTimeout) : Number.NaN
      return seconds > 0 ? seconds * 1000 : usualLifeMs
    } catch (thrown) {
      if (!(thrown instanceof SourceError)) throw thrown
      return usualLifeMs
    }
  }
}
