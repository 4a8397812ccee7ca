import { isJsonObject, type Json } from '../../domain/json.ts'
import { SourceError } from '../../platform/errors.ts'
import type { Call } from '../exchange.ts'
import { type Authentication, type Headers, keyAuthentication, type Login } from '../own-server.ts'

type Send = (call: Call, headers: Headers, signal: AbortSignal) => Promise<Json>

export function createAuthentication(login: Login, send: Send): Authentication {
  if (login.kind === 'password') return new SessionAuthentication(login, send)
  return keyAuthentication({
    'x-apikeys': `accessKey=${login.accessKey.reveal()}; secretKey=${login.secretKey.reveal()}`,
  })
}

/** One session for all calls: those that find it ended wait for one new login together. */
class SessionAuthentication implements Authentication {
  readonly #login: Extract<Login, { kind: 'password' }>
  readonly #send: Send
  #session: Headers | undefined
  #opening: Promise<Headers> | undefined

  constructor(login: Extract<Login, { kind: 'password' }>, send: Send) {
    this.#login = login
    this.#send = send
  }

  async headers(signal: AbortSignal): Promise<Headers> {
    return this.#session ?? (await this.#open(signal))
  }

  async renewed(refused: Headers, signal: AbortSignal): Promise<Headers> {
    // Another call may have renewed it already.
    if (this.#session === refused) this.#session = undefined
    return this.#session ?? (await this.#open(signal))
  }

  async end(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    if (!session) return
    const call = { method: 'DELETE', path: '/session' } as const
    await this.#send(call, session, AbortSignal.timeout(2_000)).catch(() => undefined)
  }

  #open(signal: AbortSignal): Promise<Headers> {
    this.#opening ??= this.#logIn(signal).finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #logIn(signal: AbortSignal): Promise<Headers> {
    const body = { username: this.#login.username, password: this.#login.password.reveal() }
    const answer = await this.#send({ method: 'POST', path: '/session', body }, {}, signal)
    const token = isJsonObject(answer) ? answer.token : undefined
    if (typeof token !== 'string' || !/^[0-9A-Za-z-]+$/.test(token)) {
      throw new SourceError(
        'no_session',
        'later',
        'Nessus took the name and the password and opened no session. An API key needs none.',
      )
    }
    this.#session = { 'x-cookie': `token=${token}` }
    return this.#session
  }
}
