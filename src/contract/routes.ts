import type { z } from 'zod'
import type { TokenScope } from './accounts.ts'
import { type OperationSpec, operations } from './operations.ts'
import { type Method, type OperationId, paths } from './paths.ts'
import { responsesOf } from './server-wide.ts'

export {
  type Caller,
  type ExportFormat,
  exportFormats,
  type OperationSpec,
  operations,
  type ResponseSpec,
  type Role,
  roles,
} from './operations.ts'

export interface RouteSpec extends OperationSpec {
  readonly operationId: OperationId
  readonly method: Method
  readonly path: string
}

type Operations = typeof operations

/** The route table: the server registers it, the document is made from it, a test walks it. */
export const routes: readonly RouteSpec[] = (Object.keys(paths) as OperationId[]).map(operationId => {
  const route = { operationId, ...paths[operationId], ...(operations[operationId] as OperationSpec) }
  return { ...route, responses: responsesOf(route) }
})

/** What a token needs to call it: reading needs `read`, runs and schedules `sync`, whatever else is changed `manage`. */
export function scopeOf(route: Pick<RouteSpec, 'method' | 'tags' | 'scope'>): TokenScope | 'session' {
  if (route.scope) return route.scope
  if (route.method === 'GET') return 'read'
  return route.tags.includes('sync') ? 'sync' : 'manage'
}

type InputOf<T, K extends string> = T extends { readonly [P in K]: infer S extends z.ZodType } ? z.input<S> : undefined

type Part<Name extends string, V> = [V] extends [undefined]
  ? { readonly [P in Name]?: undefined }
  : undefined extends V
    ? { readonly [P in Name]?: V }
    : Record<string, never> extends V
      ? { readonly [P in Name]?: V }
      : { readonly [P in Name]: V }

/** What a caller gives to an operation. */
export type OperationInput<K extends OperationId> = Part<'params', InputOf<Operations[K], 'params'>> &
  Part<'query', InputOf<Operations[K], 'query'>> &
  Part<'body', InputOf<Operations[K], 'body'>>

type ParsedOf<T, K extends string> = T extends { readonly [P in K]: infer S extends z.ZodType }
  ? z.output<S>
  : undefined

/** What the server gets of it, once it is understood. */
export interface OperationRequest<K extends OperationId> {
  readonly params: ParsedOf<Operations[K], 'params'>
  readonly query: ParsedOf<Operations[K], 'query'>
  readonly body: ParsedOf<Operations[K], 'body'>
}

type JsonOf<R> = R extends { readonly content: { readonly 'application/json': infer S extends z.ZodType } }
  ? z.output<S>
  : never

/** What an operation answers when it succeeds. */
export type OperationOutput<K extends OperationId> = {
  [S in keyof Operations[K]['responses']]: S extends 200 | 201 | 202 ? JsonOf<Operations[K]['responses'][S]> : never
}[keyof Operations[K]['responses']]

/** The statuses an operation answers with when it succeeds. */
export type SuccessStatus<K extends OperationId> = Extract<keyof Operations[K]['responses'], 200 | 201 | 202>

/** Operations that answer by themselves, with a stream or a redirection; the others answer JSON. */
export const streamOperations = [
  'exportAssets',
  'exportFindings',
  'exportScans',
  'exportScanCoverage',
  'exportScanRuns',
  'exportCompliance',
  'exportNetworks',
  'exportSubnets',
  'exportMultiHomed',
  'exportScanners',
  'exportAgents',
  'exportTags',
  'exportTagMembers',
  'exportFindingPlugins',
  'exportJobs',
  'exportRejected',
  'exportQualityIssues',
  'exportAudit',
  'exportUsers',
  'exportTokens',
  'exportGroupRules',
  'exportImports',
  'exportDevices',
  'exportDifferences',
  'followEvents',
  'startOidc',
  'finishOidc',
  'getMetrics',
] as const satisfies OperationId[]
export type StreamOperationId = (typeof streamOperations)[number]
/** Operations that take a file in place of the JSON body. */
export type UploadOperationId = {
  [K in OperationId]: Operations[K] extends { readonly upload: string } ? K : never
}[OperationId]
export type JsonOperationId = Exclude<OperationId, StreamOperationId>
