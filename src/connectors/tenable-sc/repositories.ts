import type { Network } from '../../domain/directory.ts'
import type { DirectoryBatch } from '../connector.ts'
import type { SecurityCenterClient } from './client.ts'
import { Gathering } from './gathering.ts'
import { listRepositories } from './queries.ts'
import { instantOf, textOf } from './wire.ts'

/**
 * Repositories are to Security Center what networks are to Vulnerability Management: a space in which an address names
 * one host. They are kept as such.
 */
export async function readRepositories(client: SecurityCenterClient, signal: AbortSignal): Promise<DirectoryBatch> {
  const repositories = await listRepositories(client, signal)
  const gathering = new Gathering<Network>()
  for (const { id, name, wire, dataFormat } of repositories) {
    gathering.rows.push({
      nativeId: id,
      name,
      description: textOf(wire.description),
      isDefault: null,
      assetsTtlDays: null,
      ownerId: null,
      scannerCount: null,
      createdAt: instantOf(wire.createdTime) ?? null,
      createdBy: null,
      modifiedAt: instantOf(wire.modifiedTime) ?? null,
      modifiedBy: null,
      extra: { dataFormat, type: textOf(wire.type) },
    })
  }
  return { ...gathering.batch('networks', 0), list: 'network', reading: 'whole' }
}
