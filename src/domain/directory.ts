import type { JsonObject } from './json.ts'

/** The small lists of a source: what its sensors, networks and tags are. Each has a table of this name. */
export const directoryLists = ['network', 'scanner', 'agent', 'tag_category', 'tag'] as const
export type DirectoryList = (typeof directoryLists)[number]

/** Which stream reads a list. */
export const directoryStreams = {
  network: 'networks',
  scanner: 'scanners',
  agent: 'agents',
  tag_category: 'tags',
  tag: 'tags',
} as const satisfies Record<DirectoryList, string>

export const directoryEventKinds = ['appeared', 'changed', 'gone', 'returned'] as const
export type DirectoryEventKind = (typeof directoryEventKinds)[number]

/** What every entry has. Instants are ISO 8601 in UTC; `null` is unknown. */
interface Entry {
  /** The vendor's id, as text: some are numbers, some are UUIDs, some are longer. */
  readonly nativeId: string
  /** Wire fields we have no column for, as sent, without anything secret. */
  readonly extra: JsonObject | null
}

export interface Network extends Entry {
  readonly name: string
  readonly description: string | null
  readonly isDefault: boolean | null
  /** Assets that no scan meets for so many days are deleted by the source, with their findings. */
  readonly assetsTtlDays: number | null
  readonly ownerId: string | null
  /** As the source counts them. */
  readonly scannerCount: number | null
  readonly createdAt: string | null
  readonly createdBy: string | null
  readonly modifiedAt: string | null
  readonly modifiedBy: string | null
}

/** The key that links a scanner is no fact of ours: it is dropped where it is read. */
export interface Scanner extends Entry {
  readonly uuid: string | null
  readonly name: string
  /** local, managed, managed_pvs, pool, remote, webapp. */
  readonly type: string | null
  /** on, off. */
  readonly status: string | null
  readonly isLinked: boolean | null
  readonly isGroup: boolean | null
  readonly networkName: string | null
  readonly hostname: string | null
  readonly ipAddresses: readonly string[]
  /** Names of the scanner groups it is in. */
  readonly groups: readonly string[]
  readonly platform: string | null
  readonly distro: string | null
  readonly engineVersion: string | null
  readonly pluginSet: string | null
  readonly ownerName: string | null
  readonly scanCount: number | null
  readonly createdAt: string | null
  readonly modifiedAt: string | null
  readonly lastConnectAt: string | null
}

export interface Agent extends Entry {
  readonly uuid: string | null
  /** The vendor's id of the asset it is installed on; older answers do not say. */
  readonly assetNativeId: string | null
  readonly name: string
  readonly platform: string | null
  readonly distro: string | null
  readonly ipAddress: string | null
  /** on, off, init. */
  readonly status: string | null
  readonly health: string | null
  readonly groups: readonly string[]
  readonly networkId: string | null
  readonly networkName: string | null
  readonly profileName: string | null
  readonly coreVersion: string | null
  readonly coreBuild: string | null
  readonly pluginSet: string | null
  readonly linkedAt: string | null
  readonly lastConnectAt: string | null
  readonly lastScannedAt: string | null
}

export interface TagCategory extends Entry {
  readonly name: string
  readonly description: string | null
  readonly isReserved: boolean | null
  readonly createdAt: string | null
  readonly createdBy: string | null
  readonly updatedAt: string | null
  readonly updatedBy: string | null
}

/** One value of a category: what an asset is tagged with. */
export interface Tag extends Entry {
  readonly categoryId: string | null
  readonly category: string
  readonly value: string
  readonly description: string | null
  /** static: given by people; dynamic: by a rule. */
  readonly type: string | null
  readonly createdAt: string | null
  readonly createdBy: string | null
  readonly updatedAt: string | null
  readonly updatedBy: string | null
}

export interface DirectoryRows {
  readonly network: Network
  readonly scanner: Scanner
  readonly agent: Agent
  readonly tag_category: TagCategory
  readonly tag: Tag
}

/**
 * How far a list is read with this batch. `more`: there are further batches. `whole`: this was the last, and every entry
 * the source has was met. `moved`: the last, but the list changed while it was paged, so that one may have been passed over.
 */
export type DirectoryReading = 'more' | 'whole' | 'moved'

/** The plugins of one family: lists of plugins do not say it. */
export interface PluginFamily {
  readonly familyId: number
  readonly name: string
  /** As the list of families counts them. */
  readonly pluginCount: number
  readonly pluginIds: readonly number[]
}
