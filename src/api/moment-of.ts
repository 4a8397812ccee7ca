import type { Moment } from '../store/queries/moment.ts'

/** Undefined when the request is about the present. */
export function momentOf(asOf: string | undefined, knownAt: string | undefined): Moment | undefined {
  return asOf === undefined && knownAt === undefined ? undefined : { asOf, knownAt }
}
