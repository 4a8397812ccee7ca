import type { SourceKind } from '../../contract/sources.ts'

export const sourceKindLabels = {
  'tenable-vm': 'Vulnerability Management',
  'tenable-sc': 'Security Center',
  nessus: 'Nessus',
  files: 'Files',
} as const satisfies Record<SourceKind, string>

/** The kinds that a person can connect here, with what their forms begin with. */
export const connectableKinds = [
  { kind: 'tenable-vm', name: 'Tenable', baseUrl: 'https://cloud.tenable.com' },
] as const satisfies readonly { kind: SourceKind; name: string; baseUrl: string }[]
