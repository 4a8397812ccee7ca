/** Advisory locks of this database, any fixed numbers: who takes one waits for the others that want it. */
export const locks = {
  /** Brings the schema up to date. */
  migration: 74_651_001,
  /** Appends to the audit chain. */
  audit: 74_651_002,
  /** Makes partitions of history. */
  partitions: 74_651_003,
  /** Writes plugins: two that meet the same new plugin must both count. */
  plugins: 74_651_004,
  /** Gives sources their names. */
  sourceNames: 74_651_005,
  /** Held by every server that works on this database. */
  server: 74_651_006,
  /** Changes who administers: two at once could each leave the other as the last. */
  accounts: 74_651_022,
  /** With a source's id: keeps writers of its rows apart. */
  rowsOfSource: 74_651_007,
  /** Takes feeds of scores: each must know which days are there. */
  feeds: 74_651_017,
  /** Changes rules of groups (alone), and gives assets what the rules say (together). */
  groups: 74_651_018,
  /** Archives, restores or cleans up: one at a time. */
  maintenance: 74_651_019,
  /** Queues the daily archive of what is old. */
  maintenanceDaily: 74_651_020,
  /** With a job's number beside it: somebody works on that job. */
  maintenanceJob: 74_651_021,
  /** Writes scans of one source, whose id is the second half of the key. */
  scans: 74_651_014,
  /** With a tenant's id beside it: looks at which of its assets are one machine. */
  identity: 74_651_030,
} as const
