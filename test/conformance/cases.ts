import type { Fault } from '../../src/simulator/index.ts'
import type { Subject } from './subject.ts'

/** A fault that strikes a run, and how the run may end. */
export interface FaultCase {
  readonly name: string
  readonly faults: (subject: Subject) => readonly Fault[]
  /** `survives`: the run ends as if nothing had been. `fails`: it ends with this error, and the next one makes up for it. */
  readonly ending: 'survives' | { readonly status: string; readonly code: string }
}

const on = ({ rows }: Subject, nth: number, times = 1) => ({ ...rows, nth, times })
const passing = (name: string, nth: number, action: Fault['do'], times = 1): FaultCase => ({
  name,
  faults: subject => [{ on: on(subject, nth, times), do: action }],
  ending: 'survives',
})

export const faultCases: readonly FaultCase[] = [
  passing('429 with Retry-After', 1, { kind: 'status', status: 429, retryAfter: 1 }),
  passing('500 twice', 1, { kind: 'status', status: 500 }, 2),
  passing('502', 2, { kind: 'status', status: 502 }),
  passing('503 twice', 2, { kind: 'status', status: 503 }, 2),
  passing('a connection that is dropped before the answer', 1, { kind: 'reset' }),
  passing('a connection that is dropped in the middle of a body', 2, { kind: 'reset', when: 'mid', afterBytes: 2_000 }),
  passing('a document that ends in the middle', 1, { kind: 'truncate', afterBytes: 3_000 }, 2),
  passing('a page where the document belongs', 2, { kind: 'body', body: 'html' }),
  passing('an empty body', 1, { kind: 'body', body: 'empty' }),
  // The others are merged before it.
  {
    name: 'a first answer that drips in last',
    faults: subject => [{ on: on(subject, 1), do: subject.slowly }],
    ending: 'survives',
  },
  {
    name: 'keys that are refused in the middle',
    faults: subject => [{ on: on(subject, 2, 1_000), do: { kind: 'unauthorized' } }],
    ending: { status: 'failed', code: 'bad_credentials' },
  },
  {
    name: '503 without end',
    faults: subject => [{ on: on(subject, 2, 1_000), do: { kind: 'status', status: 503 } }],
    ending: { status: 'partial', code: 'server_error' },
  },
]
