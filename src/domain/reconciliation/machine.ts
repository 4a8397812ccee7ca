import { type DifferenceCause, type Explained, openCauses } from './facts.ts'

/** What a machine is told to be missing for, when its findings are missing for several causes: the gravest first. */
const byGravity: readonly DifferenceCause[] = [
  'missing',
  'unexplained',
  'rejected',
  'identity',
  'timing',
  'state',
  'scope',
  'recast',
  'licensed',
  'window',
  'info',
]

/** How many findings of a machine that only one side has are explained by what. */
export type CauseCounts = Readonly<Partial<Record<DifferenceCause, number>>>

/**
 * The cause why one side has a machine and the other has nothing open of it. It is there for the findings; so it is as
 * well explained as the worst explained of them.
 */
export function machineCause(counts: CauseCounts): Explained {
  const cause = byGravity.find(one => (counts[one] ?? 0) > 0) ?? 'unexplained'
  return { cause, evidence: { findings: { ...counts } } }
}

export function isOpenCause(cause: DifferenceCause): boolean {
  return (openCauses as readonly DifferenceCause[]).includes(cause)
}
