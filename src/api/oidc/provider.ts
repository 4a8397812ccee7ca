import * as client from 'openid-client'
import type { Clock } from '../../platform/clock.ts'
import { ConfigError, codeOf, messageOf, TenfoldError } from '../../platform/errors.ts'
import { createGuardedFetch } from '../../platform/guarded-fetch.ts'
import type { AddressPolicy } from '../../platform/private-address.ts'
import type { OidcSettings } from '../account-settings.ts'

/** Between the way there and the way back; the browser holds it, sealed. */
export interface OidcAttempt {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly redirectUri: string
  readonly returnTo: string
  readonly startedAtMs: number
}

export interface ProvenIdentity {
  readonly issuer: string
  readonly subject: string
  readonly userName: string
  readonly displayName: string
  readonly groups: readonly string[]
}

export interface OidcProvider {
  readonly settings: OidcSettings
  /** @throws TenfoldError `oidc_unavailable` */
  start(redirectUri: string, returnTo: string): Promise<{ readonly url: URL; readonly attempt: OidcAttempt }>
  /** @throws TenfoldError `oidc_refused`, `oidc_unavailable` */
  finish(answer: URL, attempt: OidcAttempt): Promise<ProvenIdentity>
}

const timeoutMs = 10_000
/** After so long what the provider says of itself is read anew, its keys too. */
const rediscoverAfterMs = 3_600_000
/** For signing in there, a second factor included. */
const attemptLifeMs = 10 * 60_000

export function createOidcProvider(settings: OidcSettings, clock: Clock): OidcProvider {
  let known: { readonly config: client.Configuration; readonly atMs: number } | undefined

  const discovered = async (): Promise<client.Configuration> => {
    const nowMs = clock.now().getTime()
    if (known && nowMs - known.atMs < rediscoverAfterMs) return known.config
    known = { config: await discover(settings), atMs: nowMs }
    return known.config
  }

  return {
    settings,
    async start(redirectUri, returnTo) {
      const config = await discovered().catch(thrown => {
        throw unavailable(settings, thrown)
      })
      const attempt: OidcAttempt = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
        redirectUri,
        returnTo,
        startedAtMs: clock.now().getTime(),
      }
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: settings.scopes,
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
      })
      return { url, attempt }
    },
    async finish(answer, attempt) {
      if (clock.now().getTime() - attempt.startedAtMs > attemptLifeMs) {
        throw refused('It took too long. Start again.')
      }
      try {
        const config = await discovered()
        return await identityOf(config, settings, answer, attempt)
      } catch (thrown) {
        if (thrown instanceof TenfoldError) throw thrown
        // Keys may have changed since they were read.
        known = undefined
        throw isSilence(thrown) ? unavailable(settings, thrown) : refused(reasonOf(thrown), thrown)
      }
    },
  }
}

function discover(settings: OidcSettings): Promise<client.Configuration> {
  const { issuer, clientId, clientSecret, allowPrivate } = settings
  const isPlain = issuer.startsWith('http://')
  return client.discovery(
    new URL(issuer),
    clientId,
    {},
    clientSecret ? client.ClientSecretBasic(clientSecret.reveal()) : client.None(),
    {
      timeout: timeoutMs / 1_000,
      [client.customFetch]: createGuardedFetch({
        addresses: addressesOf(allowPrivate),
        timeoutMs,
      }) as unknown as client.CustomFetch,
      execute: [
        // The signature is looked at although the token came from the provider itself.
        client.enableNonRepudiationChecks,
        // Only an issuer on this machine may be plain, see the setting.
        ...(isPlain ? [client.allowInsecureRequests] : []),
      ],
    },
  )
}

async function identityOf(
  config: client.Configuration,
  settings: OidcSettings,
  answer: URL,
  attempt: OidcAttempt,
): Promise<ProvenIdentity> {
  const tokens = await client.authorizationCodeGrant(config, answer, {
    pkceCodeVerifier: attempt.verifier,
    expectedState: attempt.state,
    expectedNonce: attempt.nonce,
    idTokenExpected: true,
  })
  const claims = tokens.claims()!
  const needsMore = claims[settings.groupsClaim] === undefined && config.serverMetadata().userinfo_endpoint
  const more = needsMore ? await client.fetchUserInfo(config, tokens.access_token, claims.sub) : {}
  const said: Readonly<Record<string, unknown>> = { ...more, ...claims }
  const name = textOf(said.preferred_username) ?? textOf(said.email) ?? claims.sub
  return {
    issuer: claims.iss,
    subject: claims.sub,
    userName: name,
    displayName: textOf(said.name) ?? name,
    groups: groupsOf(said[settings.groupsClaim]),
  }
}

function addressesOf(allowPrivate: boolean): AddressPolicy {
  return { allows: allowPrivate ? 'machine' : 'internet', setting: 'TENFOLD_OIDC_ALLOW_PRIVATE' }
}

function groupsOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return [claim]
  return Array.isArray(claim) ? claim.filter(one => typeof one === 'string') : []
}

function textOf(claim: unknown): string | undefined {
  return typeof claim === 'string' && claim.trim() !== '' ? claim.trim() : undefined
}

function isSilence(thrown: unknown): boolean {
  const cause = thrown instanceof Error ? thrown.cause : undefined
  const codes = [codeOf(thrown), codeOf(cause)]
  return codes.some(code => /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|UND_ERR|OAUTH_TIMEOUT)/.test(code))
}

/** What the provider, or the check of its answer, said. */
function reasonOf(thrown: unknown): string {
  const description =
    typeof thrown === 'object' && thrown !== null && 'error_description' in thrown
      ? thrown.error_description
      : undefined
  const said = typeof description === 'string' && description !== '' ? description : messageOf(thrown)
  return `It was not accepted: ${said.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, 300)}.`
}

function refused(reason: string, cause?: unknown): TenfoldError {
  return new TenfoldError('oidc_refused', `Signing in through the identity provider failed. ${reason}`, { cause })
}

function unavailable({ issuer }: OidcSettings, thrown: unknown): TenfoldError {
  const cause = thrown instanceof Error && thrown.cause instanceof ConfigError ? thrown.cause : thrown
  return new TenfoldError(
    'oidc_unavailable',
    `The identity provider at ${issuer} cannot be used now: ${messageOf(cause)}. Sign in with a password if you have one.`,
    { cause: thrown },
  )
}
