import type { Role } from '../domain/role.ts'
import type { Secret } from '../platform/secret.ts'

/** How people are let in. */
export interface AccountSettings {
  readonly sessionIdleMinutes: number
  readonly sessionLifeHours: number
  /** Where browsers find the server, when that is not where it listens: behind a proxy. */
  readonly publicUrl?: string | undefined
  /** Addresses or networks whose X-Forwarded-* are believed. */
  readonly trustedProxies?: readonly string[] | undefined
  readonly oidc?: OidcSettings | undefined
}

export interface OidcSettings {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: Secret | undefined
  readonly scopes: string
  /** The claim that lists the groups of a person. */
  readonly groupsClaim: string
  /** What each group makes of its members. */
  readonly roleMap: readonly GroupRole[]
  readonly allowPrivate: boolean
  /** On the button. */
  readonly label: string
}

export interface GroupRole {
  readonly group: string
  readonly role: Role
  /** By name; null for every tenant. */
  readonly tenant: string | null
}

export const usualAccountSettings: AccountSettings = { sessionIdleMinutes: 720, sessionLifeHours: 168 }
