const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", '#39': "'" }

/**
 * A plugin's name for people. Some names reach us with entities in them (`Chrome &lt; 120`); we keep what was sent and
 * show what was meant. The result is plain text and as hostile as before.
 */
export function pluginName(name: string | null, pluginId: number): string {
  if (name === null || name === '') return `Plugin ${pluginId}`
  return name.replace(/&(lt|gt|amp|quot|apos|#39);/g, (whole, entity: string) => entities[entity] ?? whole)
}
