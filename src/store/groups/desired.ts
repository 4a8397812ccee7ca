import { type GroupConditions, type GroupRule, inOrder } from '../../domain/group-rule.ts'
import { globPattern } from '../queries/conditions.ts'

// What rules make of assets, as one statement: each asset is read once, however many rules there are.

/** A statement with its values. */
export interface Statement {
  readonly text: string
  readonly values: unknown[]
}

type Bind = (value: unknown, type: string) => string

/** A common table expression with the values of a statement, to be gone on with. */
export function desiredGroups(rules: readonly GroupRule[], assetIds: readonly number[] | 'all'): Statement {
  const values: unknown[] = []
  const bind: Bind = (value, type) => `$${values.push(value)}::${type}`
  const ordered = inOrder(rules)
  const scope = (column: string) => (assetIds === 'all' ? '' : `where ${column} = any($1::bigint[])`)
  if (assetIds !== 'all') bind(assetIds, 'bigint[]')
  const matches = ordered.map(({ conditions }, index) => `, ${meets(conditions, bind)} as m${index}`)
  const decided = (of: (rule: GroupRule) => string | null) => {
    const cases = ordered.flatMap((rule, index) => {
      const value = of(rule)
      return value === null ? [] : [`when m.m${index} then ${bind(value, 'text')}`]
    })
    return cases.length === 0 ? 'null::text' : `case ${cases.join(' ')} end`
  }
  const listed = (type: string, of: (rule: GroupRule) => string | number | null) => {
    const items = ordered.flatMap((rule, index) => {
      const value = of(rule)
      return value === null ? [] : [`case when m.m${index} then ${bind(value, type)} end`]
    })
    return `array_remove(array[${items.join(', ')}]::${type}[], null)`
  }
  const text = `
matched as materialized (
  select a.asset_id${matches.join('')}
  from asset a
  ${scope('a.asset_id')}
), overridden as materialized (
  -- of several names of one asset the one that was said last
  select distinct on (l.asset_id) l.asset_id, o.owner
  from owner_override o
  join asset_alias l on l.source_id = o.source_id and l.native_id = o.native_id
  ${scope('l.asset_id')}
  order by l.asset_id, o.set_at desc, l.native_id
), desired as (
  select m.asset_id, coalesce(o.owner, ${decided(rule => rule.owner)}) as owner,
         ${decided(rule => rule.criticality)} as criticality,
         array(select distinct g.name collate "C"
               from unnest(${listed('text', rule => rule.group)}) as g (name)
               order by 1) as group_names,
         ${listed('integer', rule => rule.id)} as rule_ids, o.owner is not null as is_owner_set
  from matched m
  left join overridden o using (asset_id)
)`
  return { text, values }
}

/** All of the kinds that are there; of each, one. */
function meets({ tag, network, os, name, cidr, source_id }: GroupConditions, bind: Bind): string {
  const conditions: string[] = []
  if (tag) {
    const tags = bind(tag, 'text[]')
    conditions.push(`exists (select from asset_tag g
      where g.asset_id = a.asset_id and (g.tag_key = any(${tags}) or g.tag_key || ':' || g.tag_value = any(${tags})))`)
  }
  if (network) {
    const named = `(select lower(w.name) from unnest(${bind(network, 'text[]')}) as w (name))`
    conditions.push(`(lower(a.network_id) in ${named} or lower(a.network_name) in ${named})`)
  }
  if (os) {
    const parts = os.map(part => `%${literally(part)}%`)
    conditions.push(
      `exists (select from unnest(a.operating_systems) as o (name) where o.name ilike any(${bind(parts, 'text[]')}))`,
    )
  }
  if (name) {
    conditions.push(`exists (select from unnest(a.name || a.hostnames || a.fqdns || a.netbios_names) as n (name)
      where n.name ilike any(${bind(name.map(globPattern), 'text[]')}))`)
  }
  if (cidr) {
    conditions.push(`exists (select from unnest(a.ipv4s || a.ipv6s) as i (address)
      cross join unnest(${bind(cidr, 'inet[]')}) as r (range)
      where inet_or_null(i.address) <<= r.range)`)
  }
  if (source_id) conditions.push(`a.source_id = any(${bind(source_id, 'integer[]')})`)
  // A rule that asks nothing would take everything; none is made, and none is followed.
  return conditions.length === 0 ? 'false' : `coalesce(${conditions.join('\n    and ')}, false)`
}

function literally(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}

/** Whether `desired d` says something else than `asset_group g`, which is not there where nothing is said. */
export const isOtherGroup = `
(d.owner, d.criticality, d.group_names, d.rule_ids, d.is_owner_set)
  is distinct from (g.owner, g.criticality, coalesce(g.group_names, '{}'), coalesce(g.rule_ids, '{}'),
                    coalesce(g.is_owner_set, false))`
