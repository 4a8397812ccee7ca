import { SourceError } from '../../platform/errors.ts'
import type { StreamName } from '../connector.ts'
import { trials } from './rights.ts'

const rightOf: Partial<Record<StreamName, string>> = {
  assets: 'assets export',
  findings: 'findings export',
  compliance: 'compliance export',
}

/** A refusal of a whole stream says which role would do. */
export function withRemedy(stream: StreamName, thrown: unknown): unknown {
  if (!(thrown instanceof SourceError) || (thrown.code !== 'forbidden' && thrown.code !== 'not_found')) return thrown
  const trial = trials.find(({ right }) => right === (rightOf[stream] ?? stream))
  if (!trial || thrown.message.includes(trial.remedy)) return thrown
  const text = `${thrown.message} ${trial.cost} ${trial.remedy}`
  const { context, status } = thrown
  // The two codes that a refusal of a stream has, spelt out for those who look for them.
  return status === 403
    ? new SourceError('forbidden', 'never', text, { cause: thrown, context, status })
    : new SourceError('not_found', 'never', text, { cause: thrown, context, status: 404 })
}
