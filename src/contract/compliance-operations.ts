import { z } from 'zod'
import {
  ComplianceCheckAnswer,
  ComplianceCheckPage,
  CompliancePage,
  ComplianceSort,
  ComplianceStatistics,
  complianceFilterShape,
} from './compliance.ts'
import { json, problems } from './operation-parts.ts'
import { pageQuery } from './page.ts'
import { Day, numeric } from './primitives.ts'

const { include, state, tag, network_id } = complianceFilterShape

/** What audits found. */
export const complianceOperations = {
  listCompliance: {
    role: 'viewer',
    summary: 'Compliance results, or with group=check the checks with their results counted',
    description:
      'By default results; with group=check one row for each check, those that fail most first (sort does not apply).',
    tags: ['compliance'],
    query: z.strictObject({
      ...complianceFilterShape,
      group: z.enum(['check']).optional().describe('check: one row for each check'),
      sort: ComplianceSort,
      ...pageQuery,
    }),
    responses: { 200: json(z.union([CompliancePage, ComplianceCheckPage])), ...problems() },
  },
  getComplianceCheck: {
    role: 'viewer',
    summary: 'Everything known of one check, and what it found on each asset',
    tags: ['compliance'],
    params: z.strictObject({ id: numeric(z.int().min(1)) }),
    query: z.strictObject({ include, state, tag, network_id, ...pageQuery }),
    responses: { 200: json(ComplianceCheckAnswer), ...problems(404) },
  },
  getComplianceStatistics: {
    role: 'viewer',
    summary: 'Compliance results counted by audit file and outcome, and at the end of each day',
    description:
      'Days are in UTC, the last 30 without from and to. Which assets and checks count on a day is as it is now; the outcome is as it was.',
    tags: ['statistics', 'compliance'],
    query: z.strictObject({
      ...complianceFilterShape,
      from: Day.optional().describe('included'),
      to: Day.optional().describe('included'),
    }),
    responses: { 200: json(ComplianceStatistics), ...problems() },
  },
} as const
