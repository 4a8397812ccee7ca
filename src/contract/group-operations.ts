import { z } from 'zod'
import {
  AssetOwnerInput,
  AssetOwnership,
  ChangedGroupRule,
  GroupOverview,
  GroupRuleChange,
  GroupRuleInput,
  GroupRuleList,
  GroupRulePreview,
  GroupRuleView,
  ownershipQuery,
} from './groups.ts'
import { json, noQuery, problems } from './operation-parts.ts'
import { Int4Id, numeric, text } from './primitives.ts'

const ruleId = z.strictObject({ id: numeric(Int4Id) })
const assetKey = z.strictObject({ id: text(500).describe('our id, or the vendor’s') })

/** Whose an asset is, and what it belongs to. */
export const groupOperations = {
  listGroups: {
    role: 'viewer',
    summary: 'Owners and groups, with their assets and open findings',
    tags: ['groups'],
    query: noQuery,
    responses: { 200: json(GroupOverview), ...problems() },
  },
  listGroupRules: {
    role: 'viewer',
    summary: 'The rules that give assets an owner, a criticality, a group; the first goes first',
    tags: ['groups'],
    query: noQuery,
    responses: { 200: json(GroupRuleList), ...problems() },
  },
  createGroupRule: {
    role: 'operator',
    summary: 'Add a rule, and follow it at once',
    description: 'Of the rules that an asset meets the first decides owner and criticality; groups add up.',
    tags: ['groups'],
    query: noQuery,
    body: GroupRuleInput,
    responses: { 201: json(ChangedGroupRule, 'Added.'), ...problems(409, 413, 415, 422) },
  },
  previewGroupRule: {
    role: 'viewer',
    summary: 'What a new, changed or removed rule would change; nothing is written',
    tags: ['groups'],
    query: noQuery,
    body: GroupRuleChange,
    responses: { 200: json(GroupRulePreview), ...problems(404, 413, 415, 422) },
  },
  getGroupRule: {
    role: 'viewer',
    summary: 'One rule',
    tags: ['groups'],
    params: ruleId,
    query: noQuery,
    responses: { 200: json(GroupRuleView), ...problems(404) },
  },
  updateGroupRule: {
    role: 'operator',
    summary: 'Change a rule, and follow it at once',
    description: 'The whole rule: what is left out is as for a new one.',
    tags: ['groups'],
    params: ruleId,
    query: noQuery,
    body: GroupRuleInput,
    responses: { 200: json(ChangedGroupRule), ...problems(404, 409, 413, 415, 422) },
  },
  removeGroupRule: {
    role: 'operator',
    summary: 'Remove a rule; its assets are as the others say',
    tags: ['groups'],
    params: ruleId,
    query: noQuery,
    responses: { 200: json(ChangedGroupRule), ...problems(404) },
  },
  getAssetOwner: {
    role: 'viewer',
    summary: 'Whose an asset is, or was on a day, by which rule, and since when',
    tags: ['groups', 'assets'],
    params: assetKey,
    query: ownershipQuery,
    responses: { 200: json(AssetOwnership), ...problems(404) },
  },
  setAssetOwner: {
    role: 'operator',
    summary: 'Give one asset an owner, whatever the rules say',
    tags: ['groups', 'assets'],
    params: assetKey,
    query: noQuery,
    body: AssetOwnerInput,
    responses: { 200: json(AssetOwnership), ...problems(404, 413, 415) },
  },
} as const
