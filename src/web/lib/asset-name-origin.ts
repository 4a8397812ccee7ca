import type { AssetView } from '../../contract/assets.ts'

type Named = Pick<AssetView, 'name' | 'uuid' | 'fqdns' | 'hostnames' | 'ipv4s' | 'ipv6s'> & {
  readonly netbios_names?: readonly string[]
  readonly agent_names?: readonly string[]
}

/** Why an asset is called as it is: which of its names that is, in the order in which one is looked for. */
export function nameOrigin(asset: Named): string {
  const { name } = asset
  if (asset.fqdns[0] === name) return 'its first FQDN'
  if (asset.hostnames[0] === name) return 'its host name: it has no FQDN'
  if (asset.netbios_names?.[0] === name) return 'its NetBIOS name: it has no FQDN and no host name'
  if (asset.agent_names?.[0] === name) return 'the name of its agent: it has no name of its own'
  if (asset.ipv4s[0] === name || asset.ipv6s[0] === name) return 'its address: it has no name'
  if (asset.uuid === name) return 'its id at the source: it has no name and no address'
  // The list has no NetBIOS, agent and cloud names.
  return 'its NetBIOS, agent or cloud name: it has no FQDN and no host name'
}
