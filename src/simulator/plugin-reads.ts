import { type Answer, badRequest, gatewayError, json, Refusal } from './answer.ts'
import type { Context } from './context.ts'
import { detailedPlugin, listedPlugin } from './listed-plugin.ts'
import { families } from './plugin-vocabulary.ts'

/** `GET /plugins/plugin`: pages from 1, sorted by id; `last_updated` is a date. */
export function listPlugins({ simulation, query }: Context): Answer {
  const page = pageNumber(query.get('page'), 1, 'page')
  if (simulation.recording !== undefined) return json(recordedPage(simulation.recording.plugins, page))
  const size = Math.min(pageNumber(query.get('size'), 1000, 'size'), 10_000)
  const date = query.get('last_updated')
  if (date !== null && !/^\d{4}-\d{2}-\d{2}$/.test(date))
    throw badRequest('child "last_updated" fails because ["last_updated" must be a date]')
  const after = date === null ? 0 : Date.parse(date)
  const matching = simulation.estate.plugins
    .sorted()
    .filter(plugin => Math.max(plugin.modifiedAt, plugin.publishedAt) > after)
  const details = matching.slice((page - 1) * size, page * size).map(listedPlugin)
  return json({
    data: { plugin_details: details },
    size: details.length,
    params: { page, size, ...(date === null ? {} : { last_updated: date }) },
    total_count: matching.length,
  })
}

/** One page was recorded: it is the whole list here, or whoever pages on would be given it for ever. */
function recordedPage(recorded: unknown, page: number): unknown {
  const first = recorded as { readonly data: { readonly plugin_details: readonly unknown[] } }
  const details = page === 1 ? first.data.plugin_details : []
  return {
    ...first,
    data: { plugin_details: details },
    size: details.length,
    total_count: first.data.plugin_details.length,
  }
}

function pageNumber(text: string | null, otherwise: number, name: string): number {
  if (text === null) return otherwise
  if (!/^[1-9]\d*$/.test(text))
    throw badRequest(`child "${name}" fails because ["${name}" must be larger than or equal to 1]`)
  return Number(text)
}

export function getPlugin({ simulation, params }: Context): Answer {
  const id = Number(params.id)
  if (simulation.recording !== undefined && id === 19506) return json(simulation.recording.plugin19506)
  const plugin = simulation.estate.plugins.byId(id)
  if (plugin === undefined) throw new Refusal(json({ error: 'Plugin not found' }, 404))
  return json(detailedPlugin(plugin))
}

export function listFamilies({ simulation }: Context): Answer {
  if (simulation.recording !== undefined) return json(simulation.recording.families)
  const counts = new Map<string, number>()
  for (const plugin of simulation.estate.plugins.sorted())
    counts.set(plugin.family, (counts.get(plugin.family) ?? 0) + 1)
  return json({ families: Object.entries(families).map(([name, id]) => ({ count: counts.get(name) ?? 0, name, id })) })
}

export function getFamily({ simulation, params }: Context): Answer {
  const found = Object.entries(families).find(([, id]) => id === Number(params.id))
  if (found === undefined) return gatewayError(404)
  const plugins = simulation.estate.plugins.sorted().filter(plugin => plugin.family === found[0])
  return json({ plugins: plugins.map(({ id, name }) => ({ id, name })), name: found[0], id: found[1] })
}
