import { ConfigError, SourceError } from '../../platform/errors.ts'
import { createHttpClient, defaultTimeouts, type HttpClient, type HttpResponse } from '../../platform/http.ts'
import { type AddressPolicy, isPrivateHost } from '../../platform/private-address.ts'
import { transportError } from '../../platform/transport-error.ts'
import type { FeedBytes } from './content.ts'

export interface FetchOptions {
  readonly proxyUrl: string | undefined
  readonly caPem: string | undefined
  readonly userAgent: string
  /** Also from this machine and from private networks, and without TLS: a mirror of one's own, on purpose. */
  readonly allowPrivate: boolean
}

/** What an address answered before, so that the same need not be sent again. */
export interface Validators {
  readonly etag: string | null
  readonly lastModified: string | null
}

export type FetchedFeed =
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'content'
      /** Where it came from in the end. */
      readonly url: string
      readonly bytes: FeedBytes
      readonly etag: string | null
      readonly lastModified: string | null
    }

const redirectsAtMost = 5

function addressesOf(allowPrivate: boolean): AddressPolicy {
  return { allows: allowPrivate ? 'machine' : 'internet', setting: 'TENFOLD_FEEDS_ALLOW_PRIVATE' }
}

/**
 * Fetches a feed, following redirects, and lets `use` read it; the connection is closed after that.
 * @throws SourceError `feed_refused`, `unreachable`, `tls_error`, `timeout`, `connection_lost`
 * @throws ConfigError `bad_feed_url`, `private_address`, `forbidden_address`
 */
export async function fetchFeed<T>(
  url: string,
  before: Validators | undefined,
  options: FetchOptions,
  use: (fetched: FetchedFeed) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const { proxyUrl, caPem, allowPrivate } = options
  const client = createHttpClient({ timeouts: defaultTimeouts, proxyUrl, caPem, addresses: addressesOf(allowPrivate) })
  try {
    const { response, at } = await follow(client, checkFeedUrl(url, allowPrivate), before, options, signal)
    if (response.status === 304) return await use({ kind: 'unchanged' })
    return await use({
      kind: 'content',
      url: at,
      bytes: bytesOf(response, at, signal),
      etag: response.headers.get('etag') ?? null,
      lastModified: response.headers.get('last-modified') ?? null,
    })
  } finally {
    await client.close()
  }
}

/**
 * https anywhere; http only where private addresses are allowed, for a mirror inside.
 * @throws ConfigError `bad_feed_url`, `private_address`
 */
export function checkFeedUrl(text: string, allowPrivate: boolean): string {
  const refuse = (why: string) =>
    new ConfigError('bad_feed_url', `The address of a feed ${why}`, { context: { field: 'url' } })
  if (!URL.canParse(text)) throw refuse('is not a URL. Give one that begins with https://.')
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') throw refuse('must not hold a user name or password.')
  if (url.protocol === 'https:') return url.href
  if (url.protocol !== 'http:') throw refuse(`begins with ${url.protocol}//; it must begin with https://.`)
  if (allowPrivate) return url.href
  if (isPrivateHost(url.hostname))
    throw refuse('is one of this machine or of a private network, which must be allowed.')
  throw refuse('begins with http://: on the way anybody could change it. Give one that begins with https://.')
}

async function follow(
  client: HttpClient,
  from: string,
  before: Validators | undefined,
  { userAgent, allowPrivate }: FetchOptions,
  signal: AbortSignal,
): Promise<{ readonly response: HttpResponse; readonly at: string }> {
  const headers = {
    'user-agent': userAgent,
    accept: '*/*',
    ...(before?.etag ? { 'if-none-match': before.etag } : {}),
    ...(before?.lastModified ? { 'if-modified-since': before.lastModified } : {}),
  }
  let at = from
  for (let redirects = 0; ; redirects++) {
    const response = await send(client, at, headers, signal)
    if (response.status === 200 || response.status === 304) return { response, at }
    response.body.destroy()
    const location = response.headers.get('location')
    const isRedirect = [301, 302, 303, 307, 308].includes(response.status) && location !== undefined
    if (!isRedirect || redirects === redirectsAtMost) throw refused(at, response.status, isRedirect)
    if (!URL.canParse(location, at)) throw refused(at, response.status, true)
    at = checkFeedUrl(new URL(location, at).href, allowPrivate)
  }
}

async function send(client: HttpClient, url: string, headers: Record<string, string>, signal: AbortSignal) {
  try {
    return await client.send({ method: 'GET', url, headers }, signal)
  } catch (thrown) {
    throw thrown instanceof ConfigError ? thrown : transportError(thrown, url, signal)
  }
}

function refused(url: string, status: number, isRedirect: boolean): SourceError {
  const why = isRedirect ? 'sends from one address to the next without end' : `answered ${status}`
  return new SourceError(
    'feed_refused',
    'later',
    `${new URL(url).host} ${why}. Nothing was loaded; check the address.`,
    {
      status,
    },
  )
}

async function* bytesOf(response: HttpResponse, url: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const announced = Number(response.headers.get('content-length') ?? Number.NaN)
  let received = 0
  try {
    for await (const piece of response.body) {
      received += (piece as Buffer).length
      yield piece as Buffer
    }
  } catch (thrown) {
    throw transportError(thrown, url, signal)
  } finally {
    response.body.destroy()
  }
  if (received < announced) {
    throw new SourceError(
      'connection_lost',
      'later',
      `${new URL(url).host} broke off after ${received} of ${announced} bytes.`,
    )
  }
}
