import { z } from 'zod'
import {
  ComplianceAssetPage,
  ComplianceCheckAnswer,
  ComplianceCheckPage,
  CompliancePage,
  ComplianceSort,
  ComplianceStatistics,
  complianceFilterShape,
} from './compliance.ts'
import { json, problems } from './operation-parts.ts'
import { pageQuery } from './page.ts'
import { Day, momentInput, numeric } from './primitives.ts'

const { include, state, tag, network_id } = complianceFilterShape

/** Of the past only the outcome is told. */
export const complianceMoment = {
  as_of: momentInput()
    .optional()
    .describe('outcomes as they were then; which assets count and what a check says is as it is now'),
}

/** What audits found. */
export const complianceOperations = {
  listCompliance: {
    role: 'viewer',
    summary: 'Compliance results, or checks or assets with their results counted',
    description:
      'By default results; with group=check one row for each check, with group=asset one for each asset, those that fail most first (sort does not apply).',
    tags: ['compliance'],
    query: z.strictObject({
      ...complianceFilterShape,
      group: z.enum(['check', 'asset']).optional().describe('one row for each check, or for each asset'),
      sort: ComplianceSort,
      ...complianceMoment,
      ...pageQuery,
    }),
    responses: { 200: json(z.union([CompliancePage, ComplianceCheckPage, ComplianceAssetPage])), ...problems() },
  },
  getComplianceCheck: {
    role: 'viewer',
    summary: 'Everything known of one check, and what it found on each asset',
    tags: ['compliance'],
    params: z.strictObject({ id: numeric(z.int().min(1)) }),
    query: z.strictObject({ include, state, tag, network_id, ...complianceMoment, ...pageQuery }),
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
      ...complianceMoment,
    }),
    responses: { 200: json(ComplianceStatistics), ...problems() },
  },
} as const
