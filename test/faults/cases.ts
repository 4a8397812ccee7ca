import type { ServerResponse } from 'node:http'
import type { Fault } from '../../src/simulator/index.ts'
import type { Answered, Meddling, Passing } from './meddler.ts'
import type { WayFault } from './way.ts'

// What goes wrong between a tenant and its mirror, how the run ends then, and what the operator is told. Afterwards one
// more sync always makes the mirror equal: 0 lost, 0 doubled, 0 falsely closed. docs/synchronisation.md shows this table;
// a test holds the two together.

export interface FaultCase {
  readonly name: string
  /** Where the reference tells of it. */
  readonly from: string
  readonly kind: 'full' | 'delta'
  readonly faults?: readonly Fault[]
  readonly meddling?: Meddling
  readonly way?: WayFault
  readonly status: 'completed' | 'partial' | 'failed'
  readonly code: string | null
  /** Words in the run's error or its notes. */
  readonly says: readonly string[]
  /** The tenant is asked no more often than this. */
  readonly requestsAtMost?: number
  /** So many exports are cancelled at the tenant. */
  readonly cancels?: number
  /** The run is complete by all that the tenant says, but the mirror is equal only after a full run without the fault. */
  readonly isBehind?: boolean
  /** Played by the long suite: a neighbour in this table shows the same more quickly. */
  readonly isLong?: boolean
}

const chunk = '/vulns/export/*/chunks/*'
const findingsExport = { method: 'POST', path: '/vulns/export' } as const
const assetsExport = { method: 'POST', path: '/assets/v2/export' } as const

const passing = (
  name: string,
  from: string,
  kind: FaultCase['kind'],
  faults: readonly Fault[],
  says: readonly string[] = [],
): FaultCase => ({ name, from, kind, faults, status: 'completed', code: null, says })

const lasting = (
  name: string,
  from: string,
  kind: FaultCase['kind'],
  fault: Fault,
  [status, code]: readonly [FaultCase['status'], string | null],
  says: readonly string[],
): FaultCase => ({ name, from, kind, faults: [fault], status, code, says })

/** The run ends as if nothing had been, and is equal at once. */
export const passingCases: readonly FaultCase[] = [
  passing('429 on a chunk', '2.1', 'delta', [
    { on: { path: chunk, times: 2 }, do: { kind: 'status', status: 429, retryAfter: 0 } },
  ]),
  passing('503 on a chunk', '2.4', 'delta', [{ on: { path: chunk, times: 2 }, do: { kind: 'status', status: 503 } }]),
  {
    ...passing('504 on a chunk', '2.4', 'full', [
      { on: { path: chunk, times: 2 }, do: { kind: 'status', status: 504 } },
    ]),
    isLong: true,
  },
  passing('500 on a status poll', '13.10', 'delta', [
    { on: { path: '/vulns/export/*/status', times: 2 }, do: { kind: 'status', status: 500 } },
  ]),
  passing('an export whose answer was lost in a 502', '2.5', 'full', [
    { on: { ...findingsExport, times: 1 }, do: { kind: 'status', status: 502 } },
  ]),
  passing('a connection reset before a chunk', '13.10', 'delta', [
    { on: { path: chunk, times: 2 }, do: { kind: 'reset', when: 'before' } },
  ]),
  passing('a connection reset inside a chunk', '13.10', 'full', [
    { on: { path: chunk, times: 2 }, do: { kind: 'reset', when: 'mid' } },
  ]),
  passing('a truncated chunk', '3.4', 'full', [{ on: { path: chunk, times: 2 }, do: { kind: 'truncate' } }]),
  {
    ...passing('an empty body in place of a chunk', '3.4', 'full', [
      { on: { path: chunk, times: 2 }, do: { kind: 'body', body: 'empty' } },
    ]),
    isLong: true,
  },
  passing('a web page with 200 in place of a chunk', '2.4', 'delta', [
    { on: { path: chunk, times: 2 }, do: { kind: 'body', body: 'html' } },
  ]),
  passing('a chunk that drips', '13.3', 'delta', [
    { on: { path: chunk, times: 1 }, do: { kind: 'drip', bytes: 4096, everyMs: 5 } },
  ]),
  passing('an expired chunk', '13.7', 'full', [{ on: { path: chunk, times: 1 }, do: { kind: 'expired' } }]),
  passing('an export forgotten while it is followed', '13.7', 'delta', [
    { on: { path: '/vulns/export/*/status', nth: 3, times: 1 }, do: { kind: 'expired' } },
  ]),
  passing('an export that finishes with a failed chunk', '10.1', 'full', [
    { on: { ...findingsExport, times: 1 }, do: { kind: 'chunk_failed', cancelsRest: true } },
  ]),
  passing('an export that ends as ERROR', '10.1', 'delta', [
    { on: { ...findingsExport, times: 1 }, do: { kind: 'job_error', availableChunks: 1 } },
  ]),
  {
    ...passing('an export cancelled by somebody', '13.3', 'full', [
      { on: { ...findingsExport, times: 1 }, do: { kind: 'job_cancelled', availableChunks: 1 } },
    ]),
    isLong: true,
  },
  {
    ...passing('an export of assets that ends as ERROR', '10.1', 'full', [
      { on: { ...assetsExport, times: 1 }, do: { kind: 'job_error', availableChunks: 0 } },
    ]),
    isLong: true,
  },
  {
    ...passing('a record twice in a chunk', '10.1', 'full', [
      { on: { path: chunk, times: 3 }, do: { kind: 'duplicate_element' } },
    ]),
    isLong: true,
  },
  passing('a record in two chunks', '10.1', 'full', [
    { on: { path: chunk, times: 2 }, do: { kind: 'duplicate_element', fromAnotherChunk: true } },
  ]),
  {
    ...passing(
      'no second version of the asset export',
      '4.1',
      'full',
      [{ on: { ...assetsExport, nth: 'every' }, do: { kind: 'not_found' } }],
      ['/assets/v2/export', 'was given up for POST /assets/export'],
    ),
    isLong: true,
  },
  passing(
    'FedRAMP, which keeps that version for Administrators',
    '1.4',
    'full',
    [{ on: { ...assetsExport, nth: 'every' }, do: { kind: 'forbidden' } }],
    ['/assets/v2/export', 'was given up for POST /assets/export'],
  ),
  {
    ...passing(
      'a delta whose filter by indexing is lost',
      '10.1',
      'delta',
      [{ on: { ...findingsExport, nth: 'every' }, do: { kind: 'drop_filter', filter: 'indexed_at' } }],
      ['these filters did not arrive: indexed_at', 'Asked by when scans found them'],
    ),
    isBehind: true,
  },
  passing(
    'no identity of the session',
    '1.6',
    'full',
    [{ on: { path: '/session', nth: 'every' }, do: { kind: 'not_found' } }],
    ['did not say which container it is', 'Nothing was ended'],
  ),
  {
    name: '429 with a date to wait for',
    from: '2.1',
    kind: 'delta',
    meddling: refuseOnce(/\/vulns\/export\/[^/]+\/chunks\//, response =>
      response
        .writeHead(429, { 'retry-after': new Date(Date.now() + 1000).toUTCString(), 'content-type': 'text/html' })
        .end('<html><title>429 Too Many Requests</title></html>'),
    ),
    status: 'completed',
    code: null,
    says: [],
  },
  {
    name: 'a compressed answer corrupted in the middle',
    from: '13.3',
    kind: 'full',
    meddling: { changed: corruptOnce() },
    status: 'completed',
    code: null,
    says: [],
  },
]

/** The run cannot do its work, says why, and leaves what is there as it is. */
export const lastingCases: readonly FaultCase[] = [
  lasting(
    'findings refused',
    '1.7',
    'full',
    { on: { path: '/vulns/export', nth: 'every' }, do: { kind: 'forbidden' } },
    ['partial', 'forbidden'],
    ['not allowed to this API key (403)', 'Can View'],
  ),
  lasting(
    'a filter lost on the way',
    '10.1',
    'full',
    { on: { ...findingsExport, nth: 'every' }, do: { kind: 'drop_filter', filter: 'state' } },
    ['partial', 'filter_lost'],
    ['these filters did not arrive: state', 'nothing was read'],
  ),
  {
    ...lasting(
      'chunks that always fail',
      '2.4',
      'delta',
      { on: { path: chunk, nth: 'every' }, do: { kind: 'status', status: 503 } },
      ['partial', 'server_error'],
      ['Part ', 'failed at the source (503)'],
    ),
    isLong: true,
  },
  lasting(
    'a chunk that can never be decoded',
    'poison',
    'full',
    {
      on: { path: '/vulns/export/*/chunks/1', nth: 'every' },
      do: { kind: 'truncate', afterBytes: 3000 },
    },
    ['partial', 'truncated_body'],
    ['Part 1', 'chunks/1'],
  ),
  lasting(
    'exports that finish with failed chunks every time',
    '10.1',
    'full',
    { on: { ...findingsExport, nth: 'every' }, do: { kind: 'chunk_failed', count: 1 } },
    ['partial', 'export_incomplete'],
    ['1 failed', 'chunks failed to process'],
  ),
  {
    ...lasting(
      'exports that end as ERROR every time',
      '10.1',
      'delta',
      { on: { ...findingsExport, nth: 'every' }, do: { kind: 'job_error', availableChunks: 1 } },
      ['partial', 'export_incomplete'],
      ['The export ended as ERROR', 'The source says'],
    ),
    isLong: true,
  },
  {
    ...lasting(
      'status polls that always fail',
      '2.4',
      'delta',
      { on: { path: '/vulns/export/*/status', nth: 'every' }, do: { kind: 'status', status: 500 } },
      ['partial', 'server_error'],
      ['failed at the source (500)'],
    ),
    isLong: true,
  },
  {
    ...lasting(
      'a key revoked while chunks are read',
      '1.2',
      'full',
      { on: { path: chunk, nth: 2, times: 1000 }, do: { kind: 'unauthorized' } },
      ['failed', 'bad_credentials'],
      ['the API key is not valid (401)', 'making new keys'],
    ),
    requestsAtMost: 60,
  },
  {
    ...lasting(
      'a key revoked before',
      '1.2',
      'full',
      { on: { path: '/**', nth: 'every' }, do: { kind: 'unauthorized' } },
      ['failed', 'bad_credentials'],
      ['the API key is not valid (401)'],
    ),
    requestsAtMost: 1,
  },
  lasting(
    'a record that cannot be read',
    '13.9',
    'full',
    { on: { path: chunk, times: 1 }, do: { kind: 'malformed_element', shape: 'number' } },
    ['partial', 'records_rejected'],
    ['1 records could not be read', 'Nothing was ended'],
  ),
  {
    ...lasting(
      'a chunk that is null',
      '3.4',
      'full',
      { on: { path: chunk, times: 1 }, do: { kind: 'body', body: 'null' } },
      ['completed', null],
      [],
    ),
    isBehind: true,
  },
  lasting(
    'a web page with 200 wherever it asks',
    '2.4',
    'full',
    { on: { path: '/**', nth: 'every' }, do: { kind: 'body', body: 'html' } },
    ['failed', 'not_json'],
    ['no proxy answers in its place'],
  ),
  {
    name: 'a redirect to a login page',
    from: '2.4',
    kind: 'delta',
    meddling: {
      instead: (_call, response) => {
        response.writeHead(302, { location: 'https://login.example/sign-in' }).end()
        return true
      },
    },
    status: 'failed',
    code: 'redirected',
    says: ['was redirected to https://login.example/sign-in', "Set the base URL to the API's own address"],
  },
  {
    name: 'a request that is too large for a gateway (413)',
    from: '10.1',
    kind: 'full',
    meddling: refuseAlways(/^\/vulns\/export$/, response =>
      response.writeHead(413, { 'content-type': 'text/html' }).end('<html><title>413 Too Large</title></html>'),
    ),
    status: 'partial',
    code: 'payload_too_large',
    says: ['too large for the source (413)', 'Ask for smaller chunks'],
  },
  {
    name: 'another container behind the same name',
    from: '1.6',
    kind: 'full',
    meddling: {
      changed: ({ path }, answer) => (path === '/session' ? anotherContainer(answer) : answer),
    },
    status: 'failed',
    code: 'other_source',
    says: ['is another Tenable container', 'Nothing was read'],
  },
]

const stuck = { kind: 'job_stuck', availableChunks: 0 } as const

const onTheWay = (
  name: string,
  kind: FaultCase['kind'],
  way: WayFault,
  [status, code]: readonly [FaultCase['status'], string | null],
  says: readonly string[],
): FaultCase => ({ name, from: '13.10', kind, way, status, code, says })

/** What is between us and the tenant, and a tenant that keeps one waiting: over TLS, with little patience. */
export const wayCases: readonly FaultCase[] = [
  {
    ...onTheWay(
      'an expired certificate',
      'full',
      { fault: 'expired', from: 'start' },
      ['failed', 'tls_error'],
      ['The certificate of tenant.test', 'has expired', 'whoever runs that address must renew it'],
    ),
    requestsAtMost: 0,
  },
  {
    ...onTheWay(
      'a certificate for another name',
      'full',
      { fault: 'elsewhere', from: 'start' },
      ['failed', 'tls_error'],
      ['is for another name', 'Check the base URL'],
    ),
    requestsAtMost: 0,
  },
  {
    ...onTheWay(
      'a self-signed certificate',
      'delta',
      { fault: 'self-signed', from: 'start' },
      ['failed', 'tls_error'],
      ['is signed by nobody that this machine trusts', 'TENABLE_CA_FILE'],
    ),
    requestsAtMost: 0,
  },
  onTheWay(
    'a certificate that expires while chunks are read',
    'full',
    { fault: 'expired', from: 'chunk' },
    ['partial', 'tls_error'],
    ['has expired'],
  ),
  {
    ...onTheWay(
      'a name that cannot be resolved',
      'delta',
      { fault: 'no-name', from: 'start' },
      ['failed', 'unreachable'],
      ['The name tenant.test', 'cannot be resolved', "this machine's DNS"],
    ),
    requestsAtMost: 0,
  },
  onTheWay(
    'a name that cannot be resolved for a moment while chunks are read',
    'full',
    { fault: 'no-name', from: 'chunk', times: 2 },
    ['completed', null],
    [],
  ),
  {
    ...onTheWay(
      'a name that is gone while chunks are read',
      'delta',
      { fault: 'no-name', from: 'chunk' },
      ['partial', 'unreachable'],
      ['The name tenant.test', 'cannot be resolved'],
    ),
    isLong: true,
  },
  {
    ...passing('an export that never ends, once', '13.3', 'delta', [
      { on: { ...findingsExport, times: 1 }, do: stuck },
    ]),
    cancels: 1,
  },
  {
    ...lasting(
      'exports that never end',
      '13.3',
      'full',
      { on: { ...findingsExport, nth: 'every' }, do: stuck },
      ['partial', 'export_stuck'],
      ['made no progress for', 'It was cancelled; the next run asks again', 'TENABLE_EXPORT_TIMEOUT_MINUTES'],
    ),
    cancels: 3,
  },
]

function refuseOnce(path: RegExp, refuse: (response: ServerResponse) => void): Meddling {
  let isDone = false
  return {
    instead: (call, response) => {
      if (isDone || !path.test(call.path)) return false
      isDone = true
      refuse(response)
      return true
    },
  }
}

function refuseAlways(path: RegExp, refuse: (response: ServerResponse) => void): Meddling {
  return {
    instead: (call, response) => {
      if (!path.test(call.path)) return false
      refuse(response)
      return true
    },
  }
}

/** Assets come compressed. */
function corruptOnce(): (call: Passing, answer: Answered) => Answered {
  let isDone = false
  return ({ path }, answer) => {
    if (isDone || !path.includes('/assets/export/') || !path.includes('/chunks/')) return answer
    isDone = true
    const body = Buffer.from(answer.body)
    const middle = Math.floor(body.length / 2)
    body.fill(0xff, middle, middle + 64)
    return { ...answer, body }
  }
}

function anotherContainer(answer: Answered): Answered {
  const { 'content-encoding': _, ...headers } = answer.headers
  const session = { container_uuid: 'ffffffff-0000-4000-8000-000000000000', permissions: 64 }
  return { ...answer, headers, body: Buffer.from(JSON.stringify(session)) }
}

/** All of them. */
export const cases: readonly FaultCase[] = [...passingCases, ...lastingCases, ...wayCases]
