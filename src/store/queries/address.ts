import { sql } from '../database.ts'
import type { Fragment } from './conditions.ts'

// Addresses are kept as the source wrote them; what is none is null here and never an error.

const part = '(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])'

export function ipv4OrNull(text: Fragment): Fragment {
  return sql`case when ${text} ~ ${`^(${part}\\.){3}${part}$`} then ${text}::inet end`
}

/** Either family, of a column that holds both. */
export function addressOrNull(text: Fragment): Fragment {
  return sql`coalesce(${ipv4OrNull(text)}, ipv6_or_null(${text}))`
}

/** Either family, however it is written: the function is called only for what is not plainly of the first. */
export function addressOf(text: Fragment): Fragment {
  return sql`coalesce(${ipv4OrNull(text)}, inet_or_null(${text}))`
}

/** Whether an asset `a` has an address in one of some subnets. */
export function standsIn(subnets: readonly string[]): Fragment {
  return sql`exists (
    select from unnest(a.ipv4s || a.ipv6s) as i (address)
    where ${addressOrNull(sql`i.address`)} <<= any(${subnets}::inet[]))`
}
