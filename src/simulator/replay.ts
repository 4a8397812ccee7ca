import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Recorded answers of a real tenant, served in place of the generated estate. */
export interface Recording {
  readonly findings: readonly unknown[]
  readonly assets: readonly unknown[]
  readonly session: Readonly<Record<string, unknown>>
  readonly serverProperties: unknown
  readonly families: unknown
  readonly plugins: unknown
  readonly plugin19506: unknown
  readonly networks: unknown
  readonly tagValues: unknown
  readonly agents: unknown
  readonly scans: unknown
  readonly scan: unknown
  readonly workbench: unknown
}

/** @param folder as in `test/fixtures/tenable-vm`: one file per call */
export async function loadRecording(folder: string): Promise<Recording> {
  const load = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(join(folder, name), 'utf8')) as unknown
  return {
    findings: (await load('vulns-export.chunk.344-findings.json')) as unknown[],
    assets: (await load('assets-export.chunk.100-assets.json')) as unknown[],
    session: (await load('session.json')) as Record<string, unknown>,
    serverProperties: await load('server-properties.json'),
    families: await load('plugin-families.json'),
    plugins: await load('plugins.page-1.json'),
    plugin19506: await load('plugin.19506.json'),
    networks: await load('networks.json'),
    tagValues: await load('tags-values.json'),
    agents: await load('agents.page-1.json'),
    scans: await load('scans.475-scans.json'),
    scan: await load('scan.details.json'),
    workbench: await load('workbenches-vulnerabilities.json'),
  }
}

export function recordedFindings(recording: Recording): Iterable<string> {
  return Iterator.from(recording.findings).map(finding => JSON.stringify(finding))
}

export function recordedAssets(recording: Recording): Iterable<string> {
  return Iterator.from(recording.assets).map(asset => JSON.stringify(asset))
}
