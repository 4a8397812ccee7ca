import type { Verification } from '../contract/maintenance.ts'
import { messageOf } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Actor } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import type { Sealing } from '../store/sealing.ts'
import { findLastVerification } from '../store/verify/last-verification.ts'
import { verifyStore } from '../store/verify/verify.ts'

/** Looks at the whole store when somebody asks, one look at a time. Its verdict is in the database, its progress here. */
export interface Verifier {
  /** Returns at once; does nothing while a look is under way. */
  start(actor: Actor): void
  status(): Promise<Verification>
  /** Ends a look between two checks. */
  stop(): Promise<void>
}

export interface VerifierDeps {
  readonly database: Database
  readonly sealing: Sealing
  readonly version: string
  readonly log: Log
}

export function createVerifier({ database, sealing, version, log }: VerifierDeps): Verifier {
  const stopping = new AbortController()
  let looking: Promise<void> | undefined
  let progress: Verification['progress'] = null
  let error: string | null = null

  const look = async (actor: Actor) => {
    try {
      await verifyStore(
        { database, sealing },
        {
          actor,
          programVersion: version,
          signal: stopping.signal,
          onProgress: (done, total, check) => {
            progress = { done, total, check }
          },
        },
      )
    } catch (thrown) {
      error = messageOf(thrown)
      if (!stopping.signal.aborted) log.warn({ error }, 'the store could not be verified')
    } finally {
      looking = undefined
      progress = null
    }
  }

  return {
    start(actor) {
      if (looking || stopping.signal.aborted) return
      error = null
      looking = look(actor)
    },
    async status() {
      // Before the verdict is read: a look that ends in between has stored its own by then.
      const state = { is_running: looking !== undefined, progress, error }
      const last = await findLastVerification(database)
      return {
        ...state,
        last: last && {
          ...last,
          damages: last.damages.map(({ check, about, found, samples }) => ({
            check,
            about,
            found,
            samples: [...samples],
          })),
        },
      }
    },
    async stop() {
      stopping.abort()
      await looking
    },
  }
}
