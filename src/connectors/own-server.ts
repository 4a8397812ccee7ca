import { SourceError } from '../platform/errors.ts'
import type { TlsTrust } from '../platform/http.ts'
import type { Secret } from '../platform/secret.ts'
import type { SourceOptions } from './source-link.ts'

// What servers of one's own have in common: Security Center and Nessus.

/** A pair of keys, which the vendor prefers and which know no end; or a person's name and password. */
export type Login =
  | { readonly kind: 'keys'; readonly accessKey: Secret; readonly secretKey: Secret }
  | { readonly kind: 'password'; readonly username: string; readonly password: Secret }

export interface OwnServerOptions extends SourceOptions {
  readonly login: Login
  readonly tls?: TlsTrust | undefined
}

export type Headers = Readonly<Record<string, string>>

export interface Authentication {
  headers(signal: AbortSignal): Promise<Headers>
  /** After a refusal of `refused`: those of a new session; undefined when there is nothing to renew. */
  renewed(refused: Headers, signal: AbortSignal): Promise<Headers | undefined>
  /** Logs out; quietly, for whoever is leaving. */
  end(): Promise<void>
}

/** Keys are sent as they are with every call. */
export function keyAuthentication(headers: Headers): Authentication {
  return {
    headers: () => Promise.resolve(headers),
    renewed: () => Promise.resolve(undefined),
    end: () => Promise.resolve(),
  }
}

/** A session that ended meanwhile is replaced once, and the call made again with the new one. */
export async function authenticated<T>(
  authentication: Authentication,
  signal: AbortSignal,
  make: (headers: Headers) => Promise<T>,
): Promise<T> {
  const headers = await authentication.headers(signal)
  try {
    return await make(headers)
  } catch (thrown) {
    if (!(thrown instanceof SourceError) || thrown.code !== 'bad_credentials') throw thrown
    const renewed = await authentication.renewed(headers, signal)
    if (renewed === undefined) throw thrown
    return make(renewed)
  }
}

/** What a check says loudly of a server whose certificate is not looked at. */
export function trustWarnings(tls: TlsTrust | undefined, server: 'server' | 'scanner'): readonly string[] {
  if (tls?.isVerified !== false) return []
  return [
    `The certificate of the ${server} is not verified: anybody on the way can read its key and change what is mirrored. Give its CA (ca_pem) or pin its certificate (tls_pin_sha256) instead.`,
  ]
}
