import type { Plugin } from '../../domain/plugin.ts'

/** Lists that the rows of one plugin tell a piece of each. */
const lists = ['cves', 'bids', 'xrefs', 'cpes', 'seeAlso', 'msBulletins'] as const

/** One description of each plugin: what is told twice the first time counts, lists are united. */
export function unitePlugins(plugins: readonly Plugin[]): readonly Plugin[] {
  const united = new Map<number, Plugin>()
  for (const plugin of plugins) {
    const known = united.get(plugin.pluginId)
    united.set(plugin.pluginId, known ? unite(known, plugin) : plugin)
  }
  return [...united.values()]
}

function unite(known: Plugin, more: Plugin): Plugin {
  const result: Record<string, unknown> = { ...known }
  for (const field of Object.keys(more) as (keyof Plugin)[]) result[field] ??= more[field]
  for (const field of lists) {
    const items: readonly (string | number)[] = [...(known[field] ?? []), ...(more[field] ?? [])]
    if (items.length > 0) result[field] = [...new Set(items)]
  }
  return result as unknown as Plugin
}
