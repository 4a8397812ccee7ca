/** What became of the records of one part. received = inserted + changed + unchanged + rejected. */
export interface PartCounts {
  received: number
  inserted: number
  changed: number
  unchanged: number
  rejected: number
  bytes: number
}

export function noCounts(): PartCounts {
  return { received: 0, inserted: 0, changed: 0, unchanged: 0, rejected: 0, bytes: 0 }
}
