import { z } from 'zod'
import {
  DailyEstateStatistics,
  DecisionInput,
  DecisionPage,
  DeviceAct,
  DeviceDecision,
  DeviceDetail,
  DeviceFilter,
  DeviceFindings,
  DevicePage,
  DeviceSort,
  decisionKey,
  deviceKey,
  EstateStatistics,
  MergeInput,
  ReviewPage,
  SplitInput,
} from './devices.ts'
import { json, noQuery, problems } from './operation-parts.ts'
import { pageQuery } from './page.ts'
import { Day } from './primitives.ts'

/** Machines across the sources of a tenant. */
export const deviceOperations = {
  listDevices: {
    role: 'viewer',
    summary: 'Machines, each with its records of all sources',
    tags: ['devices'],
    query: z.strictObject({ ...DeviceFilter.shape, sort: DeviceSort, ...pageQuery }),
    responses: { 200: json(DevicePage), ...problems() },
  },
  getEstateStatistics: {
    role: 'viewer',
    summary: 'Machines and their open findings, each counted once though several sources report it',
    tags: ['devices', 'statistics'],
    query: z.strictObject({
      as_of: Day.optional().describe('at the end of that day in UTC, by what we know today; without it, now'),
    }),
    responses: { 200: json(EstateStatistics), ...problems(409) },
  },
  getDailyEstateStatistics: {
    role: 'viewer',
    summary: 'Machines and their findings at the end of each day in UTC, each counted once',
    description:
      'What we know today about each day, with the machines as they are made of records now. Without from and to, the last 30 days there are.',
    tags: ['devices', 'statistics'],
    query: z.strictObject({ from: Day.optional().describe('included'), to: Day.optional().describe('included') }),
    responses: { 200: json(DailyEstateStatistics), ...problems() },
  },
  listDeviceReviews: {
    role: 'viewer',
    summary: 'Pairs of records that may be one machine, the likeliest first',
    tags: ['devices'],
    query: z.strictObject(pageQuery),
    responses: { 200: json(ReviewPage), ...problems() },
  },
  listDeviceDecisions: {
    role: 'viewer',
    summary: 'What people decided, the newest first',
    tags: ['devices'],
    query: z.strictObject(pageQuery),
    responses: { 200: json(DecisionPage), ...problems() },
  },
  decideDevice: {
    role: 'operator',
    summary: 'Say that two records are one machine, or two',
    description: 'It stands over the evidence until it is taken back.',
    tags: ['devices'],
    query: noQuery,
    body: DecisionInput,
    responses: { 201: json(DeviceDecision, 'Decided.'), ...problems(404, 409, 413, 415, 422) },
  },
  undoDeviceDecision: {
    role: 'operator',
    summary: 'Take a decision back, with those that were made with it',
    tags: ['devices'],
    params: decisionKey,
    query: noQuery,
    responses: { 200: json(DeviceDecision), ...problems(404, 409, 422) },
  },
  getDevice: {
    role: 'viewer',
    summary: 'One machine: its records, why they are one, what may belong to it',
    tags: ['devices'],
    params: deviceKey,
    query: noQuery,
    responses: { 200: json(DeviceDetail), ...problems(404) },
  },
  mergeDevice: {
    role: 'operator',
    summary: 'Say that two machines are one',
    description: 'Every record of the one with every record of the other is decided, together.',
    tags: ['devices'],
    params: deviceKey,
    query: noQuery,
    body: MergeInput,
    responses: { 201: json(DeviceAct, 'Decided.'), ...problems(404, 409, 413, 415, 422) },
  },
  splitDevice: {
    role: 'operator',
    summary: 'Say that some records of a machine are another machine',
    description: 'Each of them with every other record of the machine is decided, together.',
    tags: ['devices'],
    params: deviceKey,
    query: noQuery,
    body: SplitInput,
    responses: { 201: json(DeviceAct, 'Decided.'), ...problems(404, 409, 413, 415, 422) },
  },
  listDeviceFindings: {
    role: 'viewer',
    summary: 'Open findings of a machine, each once with all its witnesses',
    tags: ['devices', 'findings'],
    params: deviceKey,
    query: noQuery,
    responses: { 200: json(DeviceFindings), ...problems(404) },
  },
} as const
