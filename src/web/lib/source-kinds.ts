import type { SourceKind } from '../../contract/sources.ts'

export const sourceKindLabels = {
  'tenable-vm': 'Vulnerability Management',
  'tenable-sc': 'Security Center',
  nessus: 'Nessus',
  files: 'Files',
} as const satisfies Record<SourceKind, string>

/** The kinds that a person can connect here, with what their forms begin with; a server of one's own has no usual address. */
export const connectableKinds = [
  { kind: 'tenable-vm', name: 'Tenable', baseUrl: 'https://cloud.tenable.com' },
  { kind: 'tenable-sc', name: 'Security Center', baseUrl: '' },
  { kind: 'nessus', name: 'Nessus', baseUrl: '' },
] as const satisfies readonly { kind: SourceKind; name: string; baseUrl: string }[]

/** What the form says of the address. */
export const addressHints = {
  'tenable-vm': 'Change it only for FedRAMP or a proxy of your own',
  'tenable-sc': 'The address of your server, without /rest: https://sc.example.com',
  nessus: 'The address of your scanner, with its port: https://nessus.example.com:8834',
  files: '',
} as const satisfies Record<SourceKind, string>

/** It stands in one's own network, and often signs its certificate itself. */
export function isOwnServer(kind: SourceKind): boolean {
  return kind === 'tenable-sc' || kind === 'nessus'
}
