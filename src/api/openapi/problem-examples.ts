import type { RouteSpec } from '../../contract/routes.ts'
import { TenfoldError } from '../../platform/errors.ts'
import { InvalidRequestError, problemKinds } from '../problems.ts'

/** A problem that the operation may answer with: of its own area where there is one of that status. */
export function problemExampleOf(route: RouteSpec, status: number): TenfoldError {
  if (status === 400) return new InvalidRequestError([{ field: mistakenField(route), message: 'is not known here.' }])
  const [code, message] = ofArea(route, status) ?? usual[status] ?? usual[500]!
  return new TenfoldError(code, message)
}

function mistakenField(route: RouteSpec): string {
  return route.body ? 'body.colour' : 'query.colour'
}

const usual: Readonly<Record<number, readonly [string, string]>> = {
  401: ['not_signed_in', 'Sign in first, or send a token: Authorization: Bearer tnf_….'],
  403: ['role_missing', 'This needs the role operator; yours is viewer. It can be granted by alice.'],
  404: ['not_found', 'There is nothing here.'],
  409: [
    'idempotency_key_busy',
    'The first call with this Idempotency-Key is still going on. Repeat the call in a moment for its answer.',
  ],
  412: [
    'changed_meanwhile',
    'It is no longer what If-Match names; nothing was done. Read it again, and repeat the call with its new ETag.',
  ],
  413: ['body_too_large', 'Request body is too large'],
  415: ['not_json', 'The body must be JSON: content-type: application/json.'],
  422: [
    'idempotency_key_reused',
    'The Idempotency-Key came with another request before (createJob). Take a new key for each thing that is to be made.',
  ],
  429: [
    'too_many_requests',
    'More than 600 calls at once, or 3000 a minute. Try again in 2 s, and ask for more with each call.',
  ],
  500: ['unexpected', 'An unexpected fault; the log has it under request 5f0c1a7e2c33.'],
  503: ['database_unavailable', 'The database does not answer. Try again; the log says what it said.'],
}

/** What is not there, by the words of the path. */
const notFoundByPath: readonly (readonly [RegExp, string, string])[] = [
  [/\/config/, 'source_not_found', 'There is no source 1042.'],
  [/\/jobs|\/sync\/jobs/, 'job_not_found', 'There is no sync job 1042.'],
  [/\/sweeps/, 'sweep_not_found', 'Run 1042 planned no sweep.'],
  [/\/schedule/, 'schedule_not_found', 'There is no schedule 1042.'],
  [/\/assets\/:id/, 'asset_not_found', 'There is no asset 1042.'],
  [/\/vulnerabilities\/:id/, 'finding_not_found', 'There is no finding 1042.155999.443.tcp.'],
  [/\/plugins\/:id/, 'plugin_not_found', 'There is no plugin 155999.'],
  [/\/networks/, 'network_not_found', 'There is no network 1042.'],
  [/\/tags/, 'tag_not_found', 'There is no tag 1042.'],
  [/\/groups\/rules/, 'group_rule_not_found', 'There is no rule 1042.'],
  [/\/users/, 'user_not_found', 'There is no user 1042.'],
  [/\/tokens/, 'token_not_found', 'There is no token 1042.'],
  [/\/feeds/, 'cve_not_found', 'No feed names CVE-2021-44228.'],
]

function ofArea(route: RouteSpec, status: number): readonly [string, string] | undefined {
  if (route.operationId === 'signIn' && status === 401) {
    return ['wrong_password', 'The user name or the password is wrong.']
  }
  if (status !== 404) return undefined
  const found = notFoundByPath.find(([path, code]) => path.test(route.path) && problemKinds[code]?.status === 404)
  return found && [found[1], found[2]]
}
