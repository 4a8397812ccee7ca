import type { z } from 'zod'
import type { Problem } from '../contract/problem.ts'
import {
  CancelledError,
  ConfigError,
  codeOf,
  NotFoundError,
  SourceError,
  StoreError,
  TenfoldError,
} from '../platform/errors.ts'

interface ProblemKind {
  readonly status: number
  readonly title: string
}

/** Problems whose status or title is not that of their class. */
export const problemKinds: Readonly<Record<string, ProblemKind>> = {
  bad_request: { status: 400, title: 'The request is not understood' },
  bad_cursor: { status: 400, title: 'The cursor does not belong here' },
  bad_json: { status: 400, title: 'The body is not JSON' },
  value_out_of_range: { status: 400, title: 'A value cannot be compared with what is stored' },
  wrong_password: { status: 401, title: 'The sign-in was refused' },
  not_signed_in: { status: 401, title: 'Not signed in' },
  setup_needed: { status: 401, title: 'There is no account yet' },
  token_not_valid: { status: 401, title: 'The token is not valid' },
  csrf_token_missing: { status: 403, title: 'Refused: the call does not come from our own page' },
  role_missing: { status: 403, title: 'Your role does not reach this' },
  scope_missing: { status: 403, title: 'The token does not reach this' },
  browser_only: { status: 403, title: 'Not with a token' },
  access_narrowed: { status: 403, title: 'Your role is narrowed' },
  oidc_refused: { status: 422, title: 'The identity provider’s answer was refused' },
  oidc_unavailable: { status: 503, title: 'The identity provider cannot be used now' },
  oidc_not_set_up: { status: 404, title: 'There is no identity provider' },
  oidc_no_role: { status: 422, title: 'No group gives a role here' },
  account_disabled: { status: 422, title: 'The account is switched off' },
  user_not_found: { status: 404, title: 'There is no such user' },
  token_not_found: { status: 404, title: 'There is no such token' },
  view_not_found: { status: 404, title: 'There is no such view' },
  view_not_yours: { status: 403, title: 'The view is somebody else’s' },
  view_name_taken: { status: 409, title: 'The name is taken' },
  too_many_views: { status: 422, title: 'There are too many views' },
  tenant_needed: { status: 422, title: 'It is not said with whom to share' },
  user_name_taken: { status: 409, title: 'The user name is taken' },
  user_not_yours: { status: 409, title: 'The person has roles that you do not administer' },
  last_admin: { status: 409, title: 'Somebody must administer everything' },
  grant_not_yours: { status: 422, title: 'The role is not yours to give' },
  bad_grant: { status: 422, title: 'The role cannot be granted' },
  weak_password: { status: 422, title: 'The password is too easy' },
  link_not_valid: { status: 422, title: 'The link does not work any more' },
  bad_link_use: { status: 422, title: 'Something is missing' },
  too_many_attempts: { status: 429, title: 'Too many attempts' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  changed_meanwhile: { status: 412, title: 'It was changed since it was read' },
  idempotency_key_busy: { status: 409, title: 'The first call with the key goes on' },
  idempotency_outcome_unknown: { status: 409, title: 'Nobody knows what the first call did' },
  idempotency_answer_not_kept: { status: 409, title: 'It was done; the answer is not kept' },
  idempotency_key_reused: { status: 422, title: 'The key belongs to another request' },
  foreign_host: { status: 403, title: 'Refused: not a name of this machine' },
  foreign_origin: { status: 403, title: 'Refused: the call comes from another site' },
  not_found: { status: 404, title: 'There is nothing here' },
  device_not_found: { status: 404, title: 'There is no such machine' },
  decision_not_found: { status: 404, title: 'There is no such decision' },
  device_changed: { status: 409, title: 'The machine has changed' },
  decided_already: { status: 409, title: 'It was decided already' },
  undone_already: { status: 409, title: 'It was taken back already' },
  not_counted_yet: { status: 409, title: 'It has not been counted yet' },
  asset_not_found: { status: 404, title: 'There is no such asset' },
  finding_not_found: { status: 404, title: 'There is no such finding' },
  finding_not_then: { status: 404, title: 'The finding was not there then' },
  network_not_found: { status: 404, title: 'There is no such network' },
  tag_not_found: { status: 404, title: 'There is no such tag' },
  plugin_not_found: { status: 404, title: 'There is no such plugin' },
  source_not_found: { status: 404, title: 'There is no such source' },
  job_not_found: { status: 404, title: 'There is no such sync job' },
  cve_not_found: { status: 404, title: 'No feed names the CVE' },
  group_rule_not_found: { status: 404, title: 'There is no such rule' },
  schedule_not_found: { status: 404, title: 'There is no such schedule' },
  archive_file_not_found: { status: 404, title: 'The archive has no such file' },
  maintenance_job_not_found: { status: 404, title: 'There is no such maintenance job' },
  sweep_not_found: { status: 404, title: 'The run planned no sweep' },
  pair_not_found: { status: 404, title: 'There is no such pair' },
  comparison_not_found: { status: 404, title: 'There is no such comparison' },
  cutover_not_found: { status: 404, title: 'There is no such cut-over' },
  import_not_found: { status: 404, title: 'There is no such import' },
  method_not_allowed: { status: 405, title: 'The path does not take this method' },
  import_moved: { status: 409, title: 'The numbers moved' },
  import_not_ready: { status: 409, title: 'The import is not at that point' },
  source_cut_over: { status: 409, title: 'The source takes no files any more' },
  pair_taken: { status: 409, title: 'The files have another partner' },
  pair_cut_over: { status: 409, title: 'The pair is cut over' },
  comparison_not_latest: { status: 409, title: 'The comparison is not the latest' },
  differences_open: { status: 409, title: 'Differences are not explained' },
  already_cut_over: { status: 409, title: 'It is cut over already' },
  cutover_not_signed: { status: 409, title: 'The cut-over is undone' },
  import_not_undone: { status: 409, title: 'An import could not be taken back' },
  several_sources: { status: 409, title: 'There are several sources' },
  source_name_taken: { status: 409, title: 'The name is taken' },
  several_sources_meant: { status: 409, title: 'The assets are of several sources' },
  never_complete: { status: 409, title: 'The source was never read to its end' },
  too_many_refreshes: { status: 409, title: 'Too many refreshes wait' },
  source_busy: { status: 409, title: 'The source is being read' },
  source_managed_by_environment: { status: 409, title: 'The source follows the environment' },
  job_not_ended: { status: 409, title: 'The job has not ended' },
  schedule_managed_by_environment: { status: 409, title: 'The schedule follows the environment' },
  group_rule_name_taken: { status: 409, title: 'The name is taken' },
  sweep_not_held: { status: 409, title: 'The sweep does not wait for a decision' },
  maintenance_busy: { status: 409, title: 'The store is being kept already' },
  source_not_removed: { status: 409, title: 'The source is in use' },
  source_removed_lately: { status: 409, title: 'The source was removed lately' },
  body_too_large: { status: 413, title: 'The request is too large' },
  file_too_large: { status: 413, title: 'The file is too large' },
  uri_too_long: { status: 414, title: 'The address is too long' },
  not_json: { status: 415, title: 'The body must be JSON' },
  file_missing: { status: 422, title: 'There is no file' },
  file_empty: { status: 422, title: 'The file is empty' },
  bad_form: { status: 422, title: 'The form cannot be read' },
  not_a_file_source: { status: 422, title: 'The source takes no files' },
  observed_in_future: { status: 422, title: 'The moment is still to come' },
  bad_pair: { status: 422, title: 'The two cannot be a pair' },
  counts_not_offered: { status: 422, title: 'The source counts nothing of itself' },
  nothing_imported: { status: 422, title: 'No file is applied' },
  bad_time_zone: { status: 422, title: 'There is no such time zone' },
  no_source: { status: 422, title: 'There is no source yet' },
  source_disabled: { status: 422, title: 'The source is switched off' },
  keys_needed: { status: 422, title: 'The source has no keys' },
  files_are_brought: { status: 422, title: 'Files are brought, not read' },
  keys_needed_again: { status: 422, title: 'The keys are needed again' },
  kind_not_built: { status: 422, title: 'Sources of this kind cannot be read yet' },
  kind_is_fixed: { status: 422, title: 'The kind of a source never changes' },
  history_archived: { status: 422, title: 'History of that time is in the archive' },
  retention_refused: { status: 422, title: 'That is kept for ever' },
  bad_retention: { status: 422, title: 'That is no age to keep data for' },
  not_of_the_past: { status: 422, title: 'The past cannot be asked for that' },
  no_address: { status: 422, title: 'The findings cannot be asked for' },
  too_many_assets: { status: 422, title: 'Too many assets for a refresh' },
  not_retriable: { status: 422, title: 'A run of this kind cannot be run again' },
  bad_schedule: { status: 422, title: 'The schedule cannot be followed' },
  bad_proxy_url: { status: 422, title: 'The proxy cannot be used' },
  bad_ca: { status: 422, title: 'The certificates cannot be used' },
  bad_base_url: { status: 422, title: 'The base URL cannot be used' },
  wrong_encryption_key: { status: 422, title: 'The secret is sealed with another key' },
  too_many_exports: { status: 503, title: 'Too many exports at once' },
  query_too_slow: { status: 503, title: 'It took too long' },
  database_unavailable: { status: 503, title: 'The database cannot be reached' },
  stopping: { status: 503, title: 'The server is stopping' },
  unexpected: { status: 500, title: 'Something went wrong on our side' },
}

export interface FieldMistake {
  readonly field: string
  readonly message: string
}

/** A request that its schema refuses. */
export function refusedBySchema(part: string, issues: readonly z.core.$ZodIssue[]): InvalidRequestError {
  return new InvalidRequestError(issues.flatMap(issue => fieldsOf(part, issue)))
}

/** A request with fields that are not as they should be. */
export class InvalidRequestError extends TenfoldError {
  readonly fields: readonly FieldMistake[]

  constructor(fields: readonly FieldMistake[]) {
    super('bad_request', fields.map(({ field, message }) => `${field}: ${message}`).join(' '))
    this.fields = fields
  }
}

/** What a caller is told of anything that was thrown. Says nothing of the inside that was not said on purpose. */
export function toProblem(thrown: unknown, requestId: string): Problem {
  const code = problemCodeOf(thrown)
  const kind = problemKinds[code] ?? kindOfClass(thrown)
  return {
    type: helpOf(code),
    title: kind.title,
    status: kind.status,
    detail: detailOf(thrown, code, requestId),
    code,
    help: helpOf(code),
    instance: requestId,
    ...errorsOf(thrown),
  }
}

function helpOf(code: string): string {
  return `/docs/errors#${code}`
}

function fieldsOf(part: string, issue: z.core.$ZodIssue): { field: string; message: string }[] {
  const path = [part, ...issue.path.map(String)].join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({ field: `${path}.${key}`, message: 'is not known here.' }))
  }
  return [{ field: path, message: `${issue.message}.` }]
}

function problemCodeOf(thrown: unknown): string {
  if (thrown instanceof TenfoldError) return thrown.code
  const code = codeOf(thrown)
  const known = codesOfOthers[code]
  if (known) return known
  if (/^(ECONN|EPIPE|ETIMEDOUT|ENOENT|08|53|57)/.test(code)) return 'database_unavailable'
  // A value of the right type that PostgreSQL cannot hold, for example a date beyond its calendar.
  if (/^22/.test(code)) return 'value_out_of_range'
  if (isClientError(thrown)) return 'bad_request'
  return 'unexpected'
}

const codesOfOthers: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'not_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'bad_json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'bad_json',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_REOPENED_CLOSE_SERVER: 'stopping',
  // A statement that ran longer than it may.
  '57014': 'query_too_slow',
}

function isClientError(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null || !('statusCode' in thrown)) return false
  return typeof thrown.statusCode === 'number' && thrown.statusCode >= 400 && thrown.statusCode < 500
}

function kindOfClass(thrown: unknown): ProblemKind {
  if (thrown instanceof NotFoundError) return { status: 404, title: 'There is no such thing' }
  if (thrown instanceof ConfigError) return { status: 422, title: 'It cannot be done as things are set up' }
  if (thrown instanceof StoreError) return { status: 503, title: 'The database cannot be used now' }
  if (thrown instanceof SourceError) return { status: 422, title: 'The source refused or failed' }
  if (thrown instanceof CancelledError) return { status: 503, title: 'It was stopped' }
  return { status: 500, title: 'Something went wrong on our side' }
}

function detailOf(thrown: unknown, code: string, requestId: string): string {
  if (thrown instanceof TenfoldError) return thrown.message
  if (code === 'database_unavailable') return 'The database does not answer. Try again; the log says what it said.'
  if (code === 'query_too_slow')
    return 'The database needed longer for this than it may. Narrow the filter, or ask for no total; TENFOLD_API_STATEMENT_TIMEOUT_SECONDS sets the limit.'
  if (code === 'value_out_of_range') return 'A value in the request is beyond what the database can compare.'
  if (code === 'unexpected') return `An unexpected fault; the log has it under request ${requestId}.`
  return thrown instanceof Error ? thrown.message : String(thrown)
}

function errorsOf(thrown: unknown): Pick<Problem, 'errors'> {
  if (thrown instanceof InvalidRequestError) return { errors: [...thrown.fields] }
  if (thrown instanceof TenfoldError && typeof thrown.context.field === 'string') {
    return { errors: [{ field: thrown.context.field, message: thrown.message }] }
  }
  return {}
}
