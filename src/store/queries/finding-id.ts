/** The key of a finding. */
export interface FindingKey {
  readonly asset_id: number
  readonly plugin_id: number
  readonly port: number
  readonly protocol: string
  readonly instance: string
}

/** `<asset id>.<plugin id>.<port>.<protocol>[.<instance in base64url>]` */
export function findingId({ asset_id, plugin_id, port, protocol, instance }: FindingKey): string {
  const id = `${asset_id}.${plugin_id}.${port}.${protocol}`
  return instance === '' ? id : `${id}.${Buffer.from(instance, 'utf8').toString('base64url')}`
}

/** Undefined when it is not an id of ours; it may still be a vendor's. */
export function parseFindingId(id: string): FindingKey | undefined {
  const match = /^(\d{1,15})\.(\d{1,10})\.(\d{1,5})\.([^.]+)(?:\.([A-Za-z0-9_-]+))?$/.exec(id)
  if (!match) return undefined
  const [, assetId, pluginId, port, protocol, instance] = match
  const key = {
    asset_id: Number(assetId),
    plugin_id: Number(pluginId),
    port: Number(port),
    protocol: protocol!,
    instance: instance === undefined ? '' : Buffer.from(instance, 'base64url').toString('utf8'),
  }
  const isPossible = key.plugin_id <= 2_147_483_647 && !key.instance.includes('\0') && !key.protocol.includes('\0')
  return isPossible ? key : undefined
}
