import { z } from 'zod'
import {
  DecisionInput,
  DecisionPage,
  DeviceDecision,
  DeviceDetail,
  DeviceFilter,
  DeviceFindings,
  DevicePage,
  DeviceSort,
  decisionKey,
  deviceKey,
  EstateStatistics,
  ReviewPage,
} from './devices.ts'
import { json, noQuery, problems } from './operation-parts.ts'
import { pageQuery } from './page.ts'

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
    query: noQuery,
    responses: { 200: json(EstateStatistics), ...problems() },
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
    summary: 'Take a decision back',
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
  listDeviceFindings: {
    role: 'viewer',
    summary: 'Open findings of a machine, each once with all its witnesses',
    tags: ['devices', 'findings'],
    params: deviceKey,
    query: noQuery,
    responses: { 200: json(DeviceFindings), ...problems(404) },
  },
} as const
