import { type Asset, type CloudField, cloudFields } from './asset.ts'

export const cloudProviders = ['aws', 'azure', 'gcp', 'on_premise'] as const
/** Where an asset runs. Derived: sources send facts of a cloud, readers expect its name. */
export type CloudProvider = (typeof cloudProviders)[number]

/** The cloud that any fact is known of; on-premise when there is none. */
export function cloudProviderOf(cloud: Asset['cloud']): CloudProvider {
  const known = cloudFields.find(field => cloud[field] !== undefined)
  return known === undefined ? 'on_premise' : providerOf(known)
}

// In the order of cloudFields: of facts of two clouds, which no source sends, the first wins.
function providerOf(field: CloudField): CloudProvider {
  if (field.startsWith('aws_')) return 'aws'
  return field.startsWith('azure_') ? 'azure' : 'gcp'
}
