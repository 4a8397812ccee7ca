import type { StreamName } from '../../domain/batch.ts'

/** Every stream, in the order in which people look for them. */
export const streamLabels = {
  plugins: 'Plugins',
  assets: 'Assets',
  findings: 'Findings',
  networks: 'Networks',
  scanners: 'Scanners',
  agents: 'Agents',
  tags: 'Tags',
  scans: 'Scans',
  compliance: 'Compliance',
} as const satisfies Record<StreamName, string>

export const streamOptions = (Object.keys(streamLabels) as StreamName[]).map(value => ({
  value,
  label: streamLabels[value],
}))

/** `assets, findings`, or that it is everything. */
export function streamsText(streams: readonly StreamName[] | null): string {
  if (streams === null || streams.length === streamOptions.length) return 'everything the source offers'
  return streams.map(stream => streamLabels[stream].toLowerCase()).join(', ')
}
