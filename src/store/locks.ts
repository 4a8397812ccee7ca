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
  accounts: 74_651_020,
} as const
