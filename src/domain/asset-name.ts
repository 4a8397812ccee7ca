/** What an asset may be called by. */
export interface AssetNames {
  readonly nativeId: string
  readonly fqdns: readonly string[]
  readonly hostnames: readonly string[]
  readonly netbiosNames: readonly string[]
  readonly ipv4s: readonly string[]
  readonly ipv6s: readonly string[]
  readonly agentNames?: readonly string[]
  readonly cloudName?: string | null
}

/** The one name people see: the first that is known of fqdn, hostname, NetBIOS, agent, cloud name, address, native id. */
export function assetName(names: AssetNames): string {
  const candidates = [
    names.fqdns[0],
    names.hostnames[0],
    names.netbiosNames[0],
    names.agentNames?.[0],
    names.cloudName,
    names.ipv4s[0],
    names.ipv6s[0],
  ]
  return (
    candidates.find(candidate => candidate !== undefined && candidate !== null && candidate !== '') ?? names.nativeId
  )
}
