import { z } from 'zod'
import { roles } from '../domain/role.ts'
import { Count, flag, Instant, Int4Id, text } from './primitives.ts'

// Who may look and act, and by what they prove it.

export const tokenScopes = ['read', 'sync', 'manage'] as const
export type TokenScope = (typeof tokenScopes)[number]

const Role = z.enum(roles)
const userName = text(64)
  .refine(value => value.trim() === value, 'must not begin or end with a space')
  .refine(value => !/[\p{Cc}\p{Cf}]/u.test(value), 'must not hold control characters')
const displayName = text(200).refine(value => value.trim() !== '', 'must not be empty')
const secretText = text(1_000).meta({ format: 'password' })
const tag = text(300).describe('Key or Key:Value')

export const SignInOptions = z
  .object({
    needs_setup: z.boolean().describe('there is no account yet: the set-up link makes the first'),
    oidc: z
      .object({ label: z.string(), start: z.string().describe('where a browser goes to sign in through it') })
      .nullable()
      .describe('the identity provider; null when none is set up'),
    password_min_length: z.int(),
  })
  .meta({ id: 'SignInOptions' })
export type SignInOptions = z.infer<typeof SignInOptions>

export const GrantView = z
  .object({
    id: z.int(),
    role: Role,
    tenant_id: z.int().nullable().describe('null: every tenant, also those to come'),
    tenant: z.string().nullable(),
    source_ids: z.array(z.int()).nullable().describe('null: every source of the tenant'),
    tags: z.array(z.string()).nullable().describe('an asset needs one of them; null: whatever its tags'),
    managed_by: z.enum(['people', 'oidc']).describe('oidc: made from the groups at each sign-in'),
  })
  .meta({ id: 'RoleGrant' })
export type GrantView = z.infer<typeof GrantView>

export const GrantInput = z
  .strictObject({
    role: Role,
    tenant_id: Int4Id.nullable().default(null).describe('null: every tenant'),
    source_ids: z.array(Int4Id).min(1).max(500).nullable().default(null),
    tags: z.array(tag).min(1).max(100).nullable().default(null),
  })
  .meta({ id: 'NewRoleGrant' })
export type GrantInput = z.infer<typeof GrantInput>

export const Me = z
  .object({
    id: z.int(),
    user_name: z.string(),
    display_name: z.string(),
    role: Role.nullable().describe('the most it may do anywhere; null without any role'),
    is_narrowed: z.boolean().describe('some of what there is cannot be seen'),
    administers_users: z.boolean(),
    has_password: z.boolean(),
    is_from_provider: z.boolean(),
    session: z.object({ id: z.int(), ends_at: Instant }).nullable().describe('null for a token'),
    token: z.object({ prefix: z.string(), scopes: z.array(z.enum(tokenScopes)) }).nullable(),
  })
  .meta({ id: 'Me' })
export type Me = z.infer<typeof Me>

export const SignIn = z.strictObject({ user_name: text(200), password: secretText }).meta({ id: 'SignIn' })

export const LinkToken = z.strictObject({ token: text(200) }).meta({ id: 'LinkToken' })
export const LinkView = z
  .object({
    purpose: z.enum(['setup', 'password', 'sign_in']),
    user_name: z.string().nullable(),
    expires_at: Instant,
  })
  .meta({ id: 'AccessLink' })
export type LinkView = z.infer<typeof LinkView>

export const LinkUse = z
  .strictObject({
    token: text(200),
    user_name: userName.optional().describe('of the first account'),
    display_name: displayName.optional(),
    password: secretText.optional(),
  })
  .meta({ id: 'LinkUse' })

export const PasswordChange = z
  .strictObject({ current_password: secretText, new_password: secretText })
  .meta({ id: 'PasswordChange' })

export const SessionView = z
  .object({
    id: z.int(),
    is_current: z.boolean(),
    method: z.enum(['password', 'link', 'oidc']),
    address: z.string(),
    user_agent: z.string(),
    created_at: Instant,
    last_seen_at: Instant,
    ends_at: Instant.describe('unless it is used before'),
  })
  .meta({ id: 'Session' })
export type SessionView = z.infer<typeof SessionView>
export const SessionList = z.object({ items: z.array(SessionView) }).meta({ id: 'SessionList' })

export const SignedOut = z.object({ signed_out: Count }).meta({ id: 'SignedOut' })

export const UserView = z
  .object({
    id: z.int(),
    user_name: z.string(),
    display_name: z.string(),
    is_disabled: z.boolean(),
    has_password: z.boolean(),
    is_from_provider: z.boolean(),
    grants: z.array(GrantView).describe('those that you administer'),
    is_ours: z.boolean().describe('false: only the roles can be changed by you'),
    sessions: Count,
    tokens: Count,
    created_at: Instant,
    last_sign_in_at: Instant.nullable(),
  })
  .meta({ id: 'User' })
export type UserView = z.infer<typeof UserView>
export const UserList = z.object({ items: z.array(UserView) }).meta({ id: 'UserList' })

export const UserCreate = z
  .strictObject({
    user_name: userName,
    display_name: displayName.optional(),
    grants: z.array(GrantInput).max(50).default([]),
  })
  .meta({ id: 'UserCreate' })
export const UserUpdate = z
  .strictObject({
    display_name: displayName.optional(),
    is_disabled: z.boolean().optional(),
    grants: z.array(GrantInput).max(50).optional().describe('in place of all that you administer and people have made'),
  })
  .meta({ id: 'UserUpdate' })
export type UserUpdate = z.infer<typeof UserUpdate>

export const MadeLink = z
  .object({
    path: z.string().describe('to put behind the address of this server; works once'),
    expires_at: Instant,
  })
  .meta({ id: 'MadeLink' })
export const CreatedUser = z.object({ user: UserView, link: MadeLink }).meta({ id: 'CreatedUser' })
export type CreatedUser = z.infer<typeof CreatedUser>

export const TenantView = z
  .object({
    id: z.int(),
    name: z.string(),
    sources: z.array(z.object({ id: z.int(), name: z.string() })),
  })
  .meta({ id: 'Tenant' })
export const TenantList = z
  .object({ administers_all: z.boolean(), items: z.array(TenantView) })
  .meta({ id: 'TenantList' })
export type TenantList = z.infer<typeof TenantList>

export const TokenView = z
  .object({
    id: z.int(),
    user_id: z.int(),
    user_name: z.string(),
    name: z.string(),
    prefix: z.string().describe('the part that may be shown'),
    scopes: z.array(z.enum(tokenScopes)),
    created_at: Instant,
    expires_at: Instant,
    last_used_at: Instant.nullable(),
    revoked_at: Instant.nullable(),
  })
  .meta({ id: 'ApiToken' })
export type TokenView = z.infer<typeof TokenView>
export const tokenListQuery = z.strictObject({ all: flag().optional().describe('true: of everybody you administer') })
export const TokenList = z.object({ items: z.array(TokenView) }).meta({ id: 'ApiTokenList' })

export const TokenCreate = z
  .strictObject({
    name: displayName,
    scopes: z.array(z.enum(tokenScopes)).min(1).max(3),
    expires_in_days: z.int().min(1).max(365).default(90),
  })
  .meta({ id: 'ApiTokenCreate' })
export const CreatedToken = z
  .object({ token: z.string().describe('shown this one time'), view: TokenView })
  .meta({ id: 'CreatedApiToken' })
export type CreatedToken = z.infer<typeof CreatedToken>
