import type { XmlPolicy } from '../formats/nessus-xml.ts'

/** Which plugins a run had switched on, by its id and its family; null for what is not known. */
export type PluginSwitch = (pluginId: number, family: string | null) => boolean | null

/** The list of all plugins that were to run says it best; without it the families do. */
export function switchOf(policy: XmlPolicy | undefined): PluginSwitch {
  if (!policy) return () => null
  const listed = policy.preferences.get('plugin_set')?.match(/\d+/g)
  if (listed && listed.length > 0) {
    const set = new Set(listed.map(Number))
    return pluginId => set.has(pluginId)
  }
  return (pluginId, family) => {
    const status = family === null ? undefined : policy.families.get(family)
    if (status === 'enabled') return true
    if (status === 'disabled') return false
    const single = status === 'mixed' ? policy.plugins.get(String(pluginId)) : undefined
    return single === undefined ? null : single === 'enabled'
  }
}
