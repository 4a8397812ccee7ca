import type { Severity } from './severity.ts'

/** Days that a finding of each severity may stay open; null: as long as it likes. */
export type SlaDays = Readonly<Record<Severity, number | null>>

/**
 * As it comes. Critical and high are those of CISA's Binding Operational Directive 19-02; medium and low have no such
 * authority, and follow what most policies ask.
 */
export const defaultSlaDays: SlaDays = { critical: 15, high: 30, medium: 90, low: 180, info: null }
