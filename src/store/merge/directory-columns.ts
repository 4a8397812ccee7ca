import type { DirectoryList, DirectoryRows } from '../../domain/directory.ts'

/** What the merge must know of a list; its table has the list's name. */
export interface DirectoryTable<L extends DirectoryList = DirectoryList> {
  /** Beside the ids, `extra` and our own columns: each fact has the column of its name. */
  readonly facts: readonly Exclude<keyof DirectoryRows[L], 'nativeId' | 'extra'>[]
  /** Columns whose change is an event: what a person decided, not that a sensor reported. */
  readonly tracked: readonly string[]
  /** What an entry `s` is called. */
  readonly label: string
  /** When an entry began to be, and when it was last changed, by the source's own dates. */
  readonly appearedAt: string
  readonly modifiedAt: string
  /**
   * So many entries may vanish at once without an alarm: a source always has a network and a scanner, and a team may
   * well give up its last agents or tags.
   */
  readonly mayVanish: number
}

const noDate = 'null::timestamptz'

export const directoryTables: { readonly [L in DirectoryList]: DirectoryTable<L> } = {
  network: {
    facts: [
      ...(['name', 'description', 'isDefault', 'assetsTtlDays', 'ownerId', 'scannerCount'] as const),
      ...(['createdAt', 'createdBy', 'modifiedAt', 'modifiedBy'] as const),
    ],
    tracked: ['name', 'description', 'is_default', 'assets_ttl_days'],
    label: 's.name',
    appearedAt: 's.created_at',
    modifiedAt: 's.modified_at',
    mayVanish: 0,
  },
  scanner: {
    facts: [
      ...(['uuid', 'name', 'type', 'status', 'isLinked', 'isGroup', 'networkName', 'hostname'] as const),
      ...(['ipAddresses', 'groups', 'platform', 'distro', 'engineVersion', 'pluginSet', 'ownerName'] as const),
      ...(['scanCount', 'createdAt', 'modifiedAt', 'lastConnectAt'] as const),
    ],
    tracked: ['name', 'type', 'is_linked', 'groups', 'network_name'],
    label: 's.name',
    appearedAt: 's.created_at',
    modifiedAt: 's.modified_at',
    mayVanish: 0,
  },
  agent: {
    facts: [
      ...(['uuid', 'assetNativeId', 'name', 'platform', 'distro', 'ipAddress', 'status', 'health'] as const),
      ...(['groups', 'networkId', 'networkName', 'profileName', 'coreVersion', 'coreBuild'] as const),
      ...(['pluginSet', 'linkedAt', 'lastConnectAt', 'lastScannedAt'] as const),
    ],
    tracked: ['name', 'groups', 'network_id', 'profile_name', 'asset_native_id'],
    label: 's.name',
    appearedAt: 's.linked_at',
    modifiedAt: noDate,
    mayVanish: 20,
  },
  tag_category: {
    facts: ['name', 'description', 'isReserved', 'createdAt', 'createdBy', 'updatedAt', 'updatedBy'],
    tracked: ['name', 'description'],
    label: 's.name',
    appearedAt: 's.created_at',
    modifiedAt: 's.updated_at',
    mayVanish: 20,
  },
  tag: {
    facts: [
      ...(['categoryId', 'category', 'value', 'description', 'type'] as const),
      ...(['createdAt', 'createdBy', 'updatedAt', 'updatedBy'] as const),
    ],
    tracked: ['category', 'value', 'description', 'type'],
    label: "concat(s.category, ':', s.value)",
    appearedAt: 's.created_at',
    modifiedAt: 's.updated_at',
    mayVanish: 20,
  },
}

/** `lastConnectAt` → `last_connect_at` */
export function columnOf(fact: string): string {
  return fact.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}
