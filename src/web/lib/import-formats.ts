import { type FileFormat, fileFormats } from '../../domain/file-reading.ts'

const labels: Readonly<Record<FileFormat, string>> = {
  'nessus-v2': '.nessus',
  'csv:tenable-vm-findings': 'CSV of Tenable VM, findings',
  'csv:tenable-vm-audits': 'CSV of Tenable VM, host audits',
  'csv:tenable-vm-scan': 'CSV of Tenable VM, scan or workbench',
  'csv:tenable-sc': 'CSV of Security Center',
  'csv:nessus': 'CSV of Nessus',
  'csv:nessus-was': 'CSV of Nessus, web applications',
  'csv:other': 'CSV',
  'hextrackr:database': 'HexTrackr database',
  'hextrackr:backup': 'HexTrackr backup',
}

/** What kind of file it is, in words; one of a newer server as it is. */
export function formatLabel(format: string): string {
  const known = fileFormats.find(one => one === format)
  return known === undefined ? format : labels[known]
}
