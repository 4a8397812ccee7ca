import { describeScope, limitsAssets, type SourceScope } from '../scope.ts'
import type { Severity } from '../severity.ts'
import type { Explained } from './facts.ts'

/** One plugin's open findings of one severity: as the source counts them, and as the mirror does on the same terms. */
export interface CountFacts {
  readonly severity: Severity
  readonly source: number
  readonly mirror: number
  /** Records of the plugin that could not be read. */
  readonly rejected: number
  readonly wasTiming: boolean
}

export interface CountPicture {
  /** When the source was asked to count. */
  readonly countedAt: string
  /** Up to when the mirror's findings are known complete. */
  readonly mirrorAt: string
  readonly previousMirrorAt: string | null
  readonly scope: SourceScope
}

/** The cause why the source's own count is another than the mirror's. */
export function classifyCount(facts: CountFacts, picture: CountPicture): Explained {
  const { source, mirror, severity } = facts
  const lacking = source - mirror
  const numbers = { source, mirror }
  const { scope } = picture
  if (lacking > 0 && scope.severities.length > 0 && !scope.severities.includes(severity)) {
    return {
      cause: severity === 'info' ? 'info' : 'scope',
      evidence: { side: 'api', severity, severities: [...scope.severities], ...numbers },
    }
  }
  if (lacking > 0 && limitsAssets(scope)) {
    return { cause: 'scope', evidence: { side: 'api', scope: describeScope(scope), is_marked: false, ...numbers } }
  }
  if (lacking > 0 && facts.rejected >= lacking) {
    return { cause: 'rejected', evidence: { side: 'api', records: facts.rejected, ...numbers } }
  }
  const isReadSince =
    picture.previousMirrorAt !== null && Date.parse(picture.mirrorAt) > Date.parse(picture.previousMirrorAt)
  if (Date.parse(picture.countedAt) > Date.parse(picture.mirrorAt) && !(facts.wasTiming && isReadSince)) {
    return {
      cause: 'timing',
      evidence: { side: 'api', happened_at: picture.countedAt, read_at: picture.mirrorAt, ...numbers },
    }
  }
  return {
    cause: lacking > 0 ? 'missing' : 'unexplained',
    evidence: { side: 'api', counted_at: picture.countedAt, api_at: picture.mirrorAt, ...numbers },
  }
}
