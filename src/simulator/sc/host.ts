import { type Asset, describe, isLive } from '../asset.ts'
import { topic, uuidOf } from '../random.ts'
import type { Simulation } from '../simulation.ts'

/** A repository, and the fields that tell its hosts apart. */
export interface Repository {
  readonly id: number
  readonly name: string
  readonly dataFormat: 'IPv4' | 'agent' | 'universal'
  readonly uniqueness: readonly UniquenessField[]
}

export type UniquenessField = 'repositoryID' | 'ip' | 'dnsName' | 'uuid' | 'hostUUID'

/** Universal repositories came with version 6; before, the third was one like the first. */
export function repositoriesOf(isModern: boolean): readonly Repository[] {
  return [
    { id: 1, name: 'Default', dataFormat: 'IPv4', uniqueness: ['repositoryID', 'ip', 'dnsName'] },
    { id: 2, name: 'Agents', dataFormat: 'agent', uniqueness: ['repositoryID', 'uuid'] },
    isModern
      ? { id: 3, name: 'Plant', dataFormat: 'universal', uniqueness: ['repositoryID', 'hostUUID'] }
      : { id: 3, name: 'Plant', dataFormat: 'IPv4', uniqueness: ['repositoryID', 'ip', 'dnsName'] },
  ]
}

/** A host as Security Center tells it: all texts, empty where it knows nothing. */
export interface Host {
  readonly asset: Asset
  readonly repository: Repository
  readonly ip: string
  readonly dnsName: string
  readonly uuid: string
  readonly hostUUID: string
  readonly netbiosName: string
  readonly macAddress: string
  readonly biosGUID: string
  readonly operatingSystem: string
}

/** Web applications, and hosts that no scan met, are in no repository; nor are those whose id changes at each scan. */
export function isHost(asset: Asset): boolean {
  return isLive(asset) && asset.tracked && asset.lastScan !== 0 && asset.slots > 0
}

function repositoryIdOf(asset: Asset): number {
  if (asset.network === 2) return 3
  return asset.hasAgent && asset.hash % 2 === 0 ? 2 : 1
}

export function hostOf({ seed }: Pick<Simulation, 'seed'>, asset: Asset, isModern: boolean): Host {
  const facts = describe(seed, asset)
  const repository = repositoriesOf(isModern)[repositoryIdOf(asset) - 1]!
  const netbios = facts.netbios ?? ''
  return {
    asset,
    repository,
    // An agent behind a tunnel reports no address that means anything.
    ip: repository.dataFormat === 'agent' && asset.hash % 14 === 0 ? '' : facts.ipv4,
    dnsName: facts.fqdn ?? '',
    uuid: facts.agentUuid ?? '',
    hostUUID: repository.dataFormat === 'universal' ? uuidOf(seed, topic.host, asset.host, 11) : '',
    netbiosName: netbios === '' ? '' : `${asset.hash % 3 === 0 ? 'UNKNOWN' : 'CORP'}\\${netbios}`,
    macAddress: asset.hash % 5 === 0 ? '' : facts.mac.toLowerCase(),
    biosGUID: facts.biosUuid?.toLowerCase() ?? '',
    operatingSystem: facts.operatingSystems[0] ?? '',
  }
}

/** The values of the fields that name a host in its repository. */
export function keyOf(host: Host): Readonly<Partial<Record<UniquenessField, string>>> {
  const values = { ...host, repositoryID: String(host.repository.id) }
  return Object.fromEntries(host.repository.uniqueness.map(field => [field, values[field]]))
}

export function repositoryBody({ id, name, dataFormat }: Repository): Record<string, string> {
  return { id: String(id), name, description: '', dataFormat }
}
