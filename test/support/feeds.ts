import { gzipSync } from 'node:zlib'
import type { Database } from '../../src/store/database.ts'
import { loadFeedBytes } from '../../src/sync/feeds.ts'
import { tester } from './mirror.ts'

// Feeds as their makers write them, from the few facts a test is about.

export interface EpssRow {
  readonly cve: string
  readonly epss: number
  readonly percentile: number
}

export function epssText(day: string, rows: readonly EpssRow[], version = 'v2025.03.14'): string {
  const lines = rows.map(({ cve, epss, percentile }) => `${cve},${epss},${percentile}\n`)
  return `#model_version:${version},score_date:${day}T00:00:00+0000\ncve,epss,percentile\n${lines.join('')}`
}

export interface KevRow {
  readonly cve: string
  readonly added: string
  readonly due: string
  readonly ransomware?: boolean
  readonly product?: string
}

export function kevJson(releasedAt: string, rows: readonly KevRow[]) {
  return {
    title: 'CISA Catalog of Known Exploited Vulnerabilities',
    catalogVersion: releasedAt.slice(0, 10).replaceAll('-', '.'),
    dateReleased: releasedAt,
    count: rows.length,
    vulnerabilities: rows.map(({ cve, added, due, ransomware = false, product = 'Product' }) => ({
      cveID: cve,
      vendorProject: 'Vendor',
      product,
      vulnerabilityName: `${product} Vulnerability`,
      dateAdded: added,
      shortDescription: 'It can be exploited.',
      requiredAction: 'Apply mitigations per vendor instructions.',
      dueDate: due,
      knownRansomwareCampaignUse: ransomware ? 'Known' : 'Unknown',
      notes: 'https://example.org/advisory',
      cwes: ['CWE-79'],
    })),
  }
}

export async function* bytesOf(content: string | Buffer, pieceBytes = 1000): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(content)
  for (let from = 0; from < bytes.length; from += pieceBytes) yield bytes.subarray(from, from + pieceBytes)
}

/** The day that tests of feeds live on. */
export const feedClock = {
  now: () => new Date('2026-11-25T12:00:00Z'),
  sleep: () => Promise.resolve(),
}

export function loadEpss(database: Database, day: string, rows: readonly EpssRow[], isPacked = false) {
  const text = epssText(day, rows)
  const bytes = bytesOf(isPacked ? gzipSync(text) : text)
  return loadFeedBytes({ database, clock: feedClock }, { kind: 'epss', acceptShrunk: true }, bytes, 'epss.csv', tester)
}

export function loadKev(database: Database, releasedAt: string, rows: readonly KevRow[]) {
  const bytes = bytesOf(JSON.stringify(kevJson(releasedAt, rows)))
  return loadFeedBytes({ database, clock: feedClock }, { kind: 'kev', acceptShrunk: true }, bytes, 'kev.json', tester)
}
