/** The lists that people keep by hand: networks, scanners, agents, tags and their categories. */
export const directoryNames = ['network', 'scanner', 'agent', 'tag_category', 'tag'] as const
export type DirectoryName = (typeof directoryNames)[number]

/** An entry as it goes over the wire. */
export type DirectoryEntry = Readonly<Record<string, unknown>>

/** What was changed by hand in lists that are otherwise drawn from the seed. */
export interface DirectoryBook {
  /** The list as it is now. */
  present(list: DirectoryName, drawn: readonly DirectoryEntry[]): DirectoryEntry[]
  change(list: DirectoryName, id: string, change: DirectoryEntry): void
  remove(list: DirectoryName, id: string): void
  restore(list: DirectoryName, id: string): void
  add(list: DirectoryName, entry: DirectoryEntry): void
}

/** Scanners and agents have numbers, all else has UUIDs. */
export function entryId(list: DirectoryName, entry: DirectoryEntry): string {
  return String(list === 'scanner' || list === 'agent' ? entry.id : entry.uuid)
}

export function createDirectoryBook(): DirectoryBook {
  const changes = new Map<string, DirectoryEntry>()
  const removed = new Set<string>()
  const added = new Map<DirectoryName, DirectoryEntry[]>()
  const key = (list: DirectoryName, id: string) => `${list} ${id}`
  return {
    present: (list, drawn) =>
      [...drawn, ...(added.get(list) ?? [])]
        .filter(entry => !removed.has(key(list, entryId(list, entry))))
        .map(entry => ({ ...entry, ...changes.get(key(list, entryId(list, entry))) })),
    change: (list, id, change) => {
      changes.set(key(list, id), { ...changes.get(key(list, id)), ...change })
    },
    remove: (list, id) => {
      removed.add(key(list, id))
    },
    restore: (list, id) => {
      removed.delete(key(list, id))
    },
    add: (list, entry) => {
      added.set(list, [...(added.get(list) ?? []), entry])
    },
  }
}
