import { z } from 'zod'
import { filterShapes } from './filters.ts'
import { json, noQuery, problems } from './operation-parts.ts'
import { pageQuery } from './page.ts'
import { numeric, text } from './primitives.ts'
import { ScanCoverage, ScanDetail, ScanPage, ScanRunPage, ScanSort, scanFilterShape } from './scans.ts'

const scanKey = z.strictObject({ id: text(200).describe('our id, or the vendor’s schedule_uuid') })

/** Scans, their runs, and what they do not cover. */
export const scanOperations = {
  listScans: {
    role: 'viewer',
    summary: 'Scans',
    tags: ['scans'],
    query: z.strictObject({ ...scanFilterShape, sort: ScanSort, ...pageQuery }),
    responses: { 200: json(ScanPage), ...problems() },
  },
  getScanCoverage: {
    role: 'viewer',
    summary: 'Assets that no scan has met lately, or none with credentials, by network, system, owner and tag',
    description: 'Of the assets of a filter. Each count says by which filter the list of assets has its rows.',
    tags: ['scans', 'assets'],
    query: z.strictObject({
      ...filterShapes.asset,
      days: numeric(z.int().min(1).max(3650)).default(30).describe('how long ago is not lately'),
    }),
    responses: { 200: json(ScanCoverage), ...problems() },
  },
  getScan: {
    role: 'viewer',
    summary: 'Everything known of one scan, with its last runs',
    tags: ['scans'],
    params: scanKey,
    query: noQuery,
    responses: { 200: json(ScanDetail), ...problems(404) },
  },
  listScanRuns: {
    role: 'viewer',
    summary: 'Runs of one scan, newest first, with hosts and results by severity',
    tags: ['scans'],
    params: scanKey,
    query: z.strictObject(pageQuery),
    responses: { 200: json(ScanRunPage), ...problems(404) },
  },
} as const
