import type { Queryable } from '../database.ts'

/** What the store can put right by itself, because it follows from other rows. */
export type Repair =
  | 'totals'
  | 'compliance_totals'
  | 'schema'
  | 'sequences'
  | 'daily_totals'
  | 'plugin_totals'
  | 'estate_totals'
  | 'plugin_scores'
  | 'asset_groups'

/** One thing that is true of a sound store. */
export interface Check {
  /** Stable, for scripts. */
  readonly name: string
  /** What a damage is, in the plural: "findings whose asset is missing". */
  readonly about: string
  readonly repair?: Repair
  /** Each damage is one row with one column, the text that names it. */
  readonly sql: string
}

export interface Damage {
  readonly check: string
  readonly about: string
  readonly found: number
  /** The first few, by name. */
  readonly samples: readonly string[]
  readonly repair: Repair | null
}

export const samplesAtMost = 5

/** Runs one check. A single statement: it sees one instant, however much is written meanwhile. */
export async function runCheck(queryable: Queryable, check: Check): Promise<Damage | undefined> {
  const { rows } = await queryable.query<{ found: number; samples: string[] }>(
    `with damage (subject) as materialized (${check.sql})
     select (select count(*) from damage) as found,
            array(select subject from damage limit ${samplesAtMost}) as samples`,
  )
  return damageOf(check, rows[0]?.found ?? 0, rows[0]?.samples ?? [])
}

export function damageOf(
  check: Pick<Check, 'name' | 'about' | 'repair'>,
  found: number,
  samples: readonly string[],
): Damage | undefined {
  if (found === 0) return undefined
  return { check: check.name, about: check.about, found, samples, repair: check.repair ?? null }
}
