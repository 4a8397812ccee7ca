import type { FastifyReply, FastifyRequest } from 'fastify'
import type { OperationId } from '../contract/paths.ts'
import type {
  JsonOperationId,
  OperationOutput,
  OperationRequest,
  StreamOperationId,
  SuccessStatus,
} from '../contract/routes.ts'
import type { JsonObject } from '../domain/json.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { Secret } from '../platform/secret.ts'
import type { ScopedDatabase } from '../store/access.ts'
import type { Principal } from '../store/accounts/principal.ts'
import type { Actor } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import type { ScheduleDefaults } from '../store/default-schedules.ts'
import type { Maintenance } from '../store/maintenance/maintenance.ts'
import type { Sealing } from '../store/sealing.ts'
import type { Engine } from '../sync/engine-contract.ts'
import type { FeedSettings } from '../sync/feeds.ts'
import type { Importer } from '../sync/imports/importer.ts'
import type { Reconciler } from '../sync/reconciliation/reconciler.ts'
import type { AccountSettings } from './account-settings.ts'
import type { ExportSlots } from './export-slots.ts'
import type { Metrics } from './metrics.ts'
import type { OidcProvider } from './oidc/provider.ts'
import type { RunFeed } from './run-feed.ts'
import type { Verifier } from './verification.ts'

/** Where feeds of scores are fetched from, and whether this server does so by itself. */
export interface ScoreFeeds extends FeedSettings {
  readonly isOn: boolean
}

/** What handlers work with. */
export interface Services {
  /** As the caller may see it: what reads the mirror for somebody takes this. */
  readonly database: ScopedDatabase
  /** Everything. For what is written, after the caller's right to it was looked at, and for what belongs to nobody. */
  readonly unscoped: Database
  readonly engine: Engine
  readonly sealing: Sealing
  readonly clock: Clock
  readonly log: Log
  readonly version: string
  readonly schedules?: ScheduleDefaults
  readonly maintenance: Maintenance
  readonly importer: Importer
  readonly reconciler: Reconciler
  /** Undefined when they are switched off. */
  readonly metrics: Metrics | undefined
  readonly feed: RunFeed
  readonly scoreFeeds: ScoreFeeds
  readonly slots: ExportSlots
  readonly verifier: Verifier
  readonly openApi: () => JsonObject
  readonly accounts: AccountSettings
  /** The identity provider, when one is set up. */
  readonly oidc: OidcProvider | undefined
}

export interface Call<K extends OperationId> extends OperationRequest<K> {
  readonly actor: Actor
  /** Null: a stranger. */
  readonly principal: Principal | null
  /** The id that the browser showed. */
  readonly session: Secret | undefined
  readonly reply: FastifyReply
  /** What the caller may see now; undefined when they may call no more. For answers that go on. */
  readonly admitAgain: () => Promise<ScopedDatabase | undefined>
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal
  readonly request: FastifyRequest
}

export interface Answer<K extends JsonOperationId> {
  readonly status: SuccessStatus<K> | 503
  readonly body: OperationOutput<K>
}

/** Answers with JSON: the body alone means 200. */
export type JsonHandler<K extends JsonOperationId> = (
  services: Services,
  call: Call<K>,
) => Promise<OperationOutput<K> | WithStatus<K>>

/** Answers by itself, as a stream. */
export type StreamHandler<K extends StreamOperationId> = (
  services: Services,
  call: Call<K>,
  reply: FastifyReply,
) => Promise<FastifyReply>

export type Handlers = { readonly [K in JsonOperationId]: JsonHandler<K> } & {
  readonly [K in StreamOperationId]: StreamHandler<K>
}

/** A body with a status other than 200. */
export class WithStatus<K extends JsonOperationId> {
  readonly answer: Answer<K>

  constructor(status: Answer<K>['status'], body: OperationOutput<K>) {
    this.answer = { status, body }
  }
}
