import { sql } from '../database.ts'
import type { Fragment } from './conditions.ts'

/**
 * Whether an asset has one of these tags, each a key or `key:value`. Both may have colons, so each is tried as the one
 * between them: equal columns are what asset_tag_value_idx finds, where both put together would be made of every tag.
 */
export function isTagged(assetId: Fragment, tags: readonly string[]): Fragment {
  const pairs = tags.flatMap(tag =>
    [...tag.matchAll(/:/g)].map(({ index }) => sql`(${tag.slice(0, index)}, ${tag.slice(index + 1)})`),
  )
  const isPair = pairs.length === 0 ? sql`` : sql` or (g.tag_key, g.tag_value) in (${sql.join(pairs)})`
  return sql`${assetId} in (select g.asset_id from asset_tag g where g.tag_key = any(${tags}::text[])${isPair})`
}
