import { type Answer, gatewayError, htmlPage, tooManyRequests } from './answer.ts'
import type { FaultAction } from './faults.ts'
import type { createRateLimiter } from './rate-limit.ts'
import type { writeAnswer } from './write-answer.ts'

export type Limiter = ReturnType<typeof createRateLimiter>

/** What is answered before anybody looks at the keys. */
export function earlyAnswer(fault: FaultAction | undefined, limiter: Limiter): Answer | undefined {
  switch (fault?.kind) {
    case 'status':
      return fault.status === 429 ? tooManyRequests(fault.retryAfter ?? 30) : gatewayError(fault.status)
    case 'unauthorized':
      return gatewayError(401, fault.message)
    case 'forbidden':
      return gatewayError(403, fault.message)
    case 'not_found':
      return gatewayError(404)
    default: {
      const waitSeconds = limiter.take()
      return waitSeconds === undefined ? undefined : tooManyRequests(waitSeconds)
    }
  }
}

/** The part of a fault that acts on the connection. */
export function transportOf(fault: FaultAction | undefined): Parameters<typeof writeAnswer>[3] {
  switch (fault?.kind) {
    case 'reset':
      return fault.when === 'mid' ? { resetAfterBytes: fault.afterBytes ?? 1024 } : { resetAfterBytes: 0 }
    case 'truncate':
      return { truncateAfterBytes: fault.afterBytes ?? 1024 }
    case 'body':
      return { replacement: replacements[fault.body] }
    case 'drip':
      return { drip: { bytes: fault.bytes, everyMs: fault.everyMs } }
    case 'stall':
      return { isStalled: true }
    default:
      return {}
  }
}

const replacements = {
  empty: { text: '', type: undefined },
  null: { text: 'null', type: undefined },
  'empty-array': { text: '[]', type: undefined },
  html: { text: htmlPage('Tenable'), type: 'text/html' },
} as const
