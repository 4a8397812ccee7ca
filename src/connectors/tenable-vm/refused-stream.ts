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
  if (!(thrown instanceof SourceError) || (thrown.status !== 403 && thrown.status !== 404)) return thrown
  const trial = trials.find(({ right }) => right === (rightOf[stream] ?? stream))
  if (!trial || thrown.message.includes(trial.remedy)) return thrown
  const text = `${thrown.message} ${trial.cost} ${trial.remedy}`
  const { context, status } = thrown
  return new SourceError(thrown.code, thrown.retry, text, { cause: thrown, context, ...(status ? { status } : {}) })
}
