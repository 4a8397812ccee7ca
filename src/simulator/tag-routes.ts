import { type Answer, json, Refusal } from './answer.ts'
import { iso, minuteMs } from './clock.ts'
import type { Context } from './context.ts'
import { directories } from './directories.ts'
import { paged, pagingOf } from './paging.ts'
import { topic, uuidOf } from './random.ts'
import { objectOf, textOf, textsOf } from './request-body.ts'
import { visibleAsset } from './visible-asset.ts'

export function getTagValues({ simulation, query }: Context): Answer {
  if (simulation.recording !== undefined) return json(simulation.recording.tagValues)
  const changedAfter = tagChangeFilter(query)
  const kept = directories.tag(simulation).filter(value => Date.parse(String(value.updated_at)) > changedAfter)
  return paged('values', kept, pagingOf(query, 5000, 5000), 'name')
}

/** `f=updated_at:date-gt:<seconds>`; every other field is unknown and refused. */
function tagChangeFilter(query: URLSearchParams): number {
  let after = 0
  for (const filter of query.getAll('f')) {
    const [property = '', rule = '', value = ''] = filter.split(':')
    if (property === 'updated_at' && rule === 'date-gt' && /^\d+$/.test(value)) after = Number(value) * 1000
    else {
      const known = ['updated_at', 'value', 'category_name'].includes(property)
      const error = {
        property,
        rule: known ? 'invalidvalue' : 'unknownproperty',
        message: known ? 'Invalid filter value' : 'Unknown property',
      }
      throw new Refusal(json({ errors: [error], error: 'Invalid filter' }, 400))
    }
  }
  return after
}

export function getTagCategories({ simulation, query }: Context): Answer {
  return paged('categories', directories.tag_category(simulation), pagingOf(query, 5000, 5000), 'name')
}

export function getTagAssignments({ simulation, params }: Context): Answer {
  const asset = visibleAsset(simulation, params.asset_uuid!)
  const tags = simulation.estate.tenant.tags.flatMap((tag, n) =>
    (asset.tags & (1 << n)) === 0
      ? []
      : [
          {
            value_uuid: tag.uuid,
            category_name: tag.category,
            category_uuid: tag.categoryUuid,
            asset_uuid: asset.uuid,
            value: tag.value,
            source: tag.isDynamic ? 'dynamic' : 'static',
            created_at: iso(asset.createdAt + minuteMs * (n + 1)),
            created_by: simulation.estate.tenant.users[0]!.uuid,
          },
        ],
  )
  return json({ tags })
}

export function postTagAssignments({ simulation, body }: Context): Answer {
  const request = objectOf(body, 'body')
  const action = textOf(request, 'action')
  const wanted = textsOf(request, 'tags') ?? []
  for (const uuid of textsOf(request, 'assets') ?? []) {
    const asset = simulation.estate.find(uuid)
    if (asset === undefined) continue
    simulation.estate.tenant.tags.forEach((tag, n) => {
      if (wanted.includes(tag.uuid)) simulation.life.tag(asset, n, action === 'add')
    })
  }
  return json({ job_uuid: uuidOf(simulation.seed, topic.job, 99, wanted.length) }, 202)
}
