import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

// An OpenID provider over real HTTP: discovery, the code flow with PKCE, keys, and an account that is always signed in. It
// can be told to make one thing of its tokens wrong.

export interface Issuer {
  readonly url: string
  /** What the next tokens say beside the usual. */
  claims: JWTPayload & Record<string, unknown>
  fault: IssuerFault
  stop(): Promise<void>
}

export type IssuerFault =
  | 'none'
  | 'wrong nonce'
  | 'wrong audience'
  | 'expired'
  | 'no signature'
  | 'wrong issuer'
  | 'wrong signature'
  | 'no id token'
  | 'denied'

interface Granted {
  readonly nonce: string
  readonly challenge: string
  readonly redirectUri: string
}

export const clientId = 'tenfold'
export const clientSecret = 'a secret of the client'

export async function startIssuer(): Promise<Issuer> {
  const own = await generateKeyPair('RS256')
  const foreign = await generateKeyPair('RS256')
  const key = { ...(await exportJWK(own.publicKey)), kid: 'own', alg: 'RS256', use: 'sig' }
  const codes = new Map<string, Granted>()
  const issuer = { url: '', claims: { sub: 'subject-1' } as Issuer['claims'], fault: 'none' as IssuerFault }

  const idToken = async (nonce: string): Promise<string> => {
    const { fault, url } = issuer
    const claims = { ...issuer.claims, nonce: fault === 'wrong nonce' ? 'another' : nonce }
    const issuedAt = Math.floor(Date.now() / 1_000) - (fault === 'expired' ? 7_200 : 0)
    const body = {
      iss: fault === 'wrong issuer' ? 'https://elsewhere.example' : url,
      aud: fault === 'wrong audience' ? 'another-client' : clientId,
      iat: issuedAt,
      exp: issuedAt + 300,
      ...claims,
    }
    if (fault === 'no signature') return [{ alg: 'none' }, body].map(encoded).concat('').join('.')
    return new SignJWT(body)
      .setProtectedHeader({ alg: 'RS256', kid: 'own' })
      .sign(fault === 'wrong signature' ? foreign.privateKey : own.privateKey)
  }

  const authorise = (query: URLSearchParams, response: ServerResponse) => {
    const back = new URL(query.get('redirect_uri') ?? '')
    back.searchParams.set('state', query.get('state') ?? '')
    if (issuer.fault === 'denied') back.searchParams.set('error', 'access_denied')
    else {
      const code = randomUUID()
      codes.set(code, {
        nonce: query.get('nonce') ?? '',
        challenge: query.get('code_challenge') ?? '',
        redirectUri: query.get('redirect_uri') ?? '',
      })
      back.searchParams.set('code', code)
    }
    response.writeHead(302, { location: back.href }).end()
  }

  const exchange = async (request: IncomingMessage, response: ServerResponse) => {
    const form = new URLSearchParams(await bodyOf(request))
    const code = form.get('code') ?? ''
    const granted = codes.get(code)
    codes.delete(code)
    const verifier = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const basic = Buffer.from(`${clientId}:${encodeURIComponent(clientSecret).replaceAll('%20', '+')}`).toString(
      'base64',
    )
    if (request.headers.authorization !== `Basic ${basic}`) return send(response, { error: 'invalid_client' }, 401)
    if (granted?.challenge !== verifier || granted.redirectUri !== form.get('redirect_uri')) {
      return send(response, { error: 'invalid_grant' }, 400)
    }
    const id = issuer.fault === 'no id token' ? {} : { id_token: await idToken(granted.nonce) }
    return send(response, { access_token: 'access', token_type: 'Bearer', expires_in: 60, ...id })
  }

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', issuer.url)
    if (pathname === '/.well-known/openid-configuration') send(response, describe(issuer.url))
    else if (pathname === '/keys') send(response, { keys: [key] })
    else if (pathname === '/authorize') authorise(searchParams, response)
    else if (pathname === '/token') void exchange(request, response)
    else send(response, { error: 'not_found' }, 404)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  issuer.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(issuer, {
    stop: () => new Promise<void>(resolve => server.close(() => resolve()).closeAllConnections()),
  })
}

function describe(url: string) {
  return {
    issuer: url,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    jwks_uri: `${url}/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic'],
  }
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

function send(response: ServerResponse, body: object, status = 200): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}
