import { type Plugin, unknownPlugin } from '../../domain/plugin.ts'

export type PluginDraft = { -readonly [Field in keyof Plugin]: Plugin[Field] }

/** Facts that rows repeat in parts: each row of a CVE, a BID or a reference names one of them. */
export const unitedFields = ['cves', 'bids', 'xrefs', 'cpes', 'seeAlso', 'msBulletins'] as const

/** Plugins met and not handed on yet; of one met again only what is new is added. Bounded: what is handed on is forgotten. */
export class PluginBook {
  readonly #drafts = new Map<number, PluginDraft>()

  find(pluginId: number): PluginDraft | undefined {
    return this.#drafts.get(pluginId)
  }

  add(draft: PluginDraft): void {
    this.#drafts.set(draft.pluginId, draft)
  }

  get isFull(): boolean {
    return this.#drafts.size >= 2000
  }

  takeAll(): Plugin[] {
    const all = [...this.#drafts.values()]
    this.#drafts.clear()
    return all
  }
}

export function unite<T extends string | number>(known: readonly T[] | null, more: readonly T[] | null): T[] | null {
  if (more === null) return known as T[] | null
  if (known === null) return [...new Set(more)]
  return more.every(item => known.includes(item)) ? (known as T[]) : [...new Set([...known, ...more])]
}

/** Another description of a plugin already met: nothing known is given up, lists are united. */
export function uniteInto(draft: PluginDraft, more: Plugin): void {
  const target = draft as Record<string, unknown>
  for (const field of Object.keys(more) as (keyof Plugin)[]) {
    const isList = (unitedFields as readonly string[]).includes(field)
    if (isList) target[field] = unite(target[field] as string[] | null, more[field] as string[] | null)
    else target[field] ??= more[field]
  }
}

export function newPlugin(pluginId: number): PluginDraft {
  return { ...unknownPlugin, pluginId }
}
