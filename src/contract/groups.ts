import { z } from 'zod'
import { assignedCriticalities, groupCauses } from '../domain/group-rule.ts'
import { SeverityCounts } from './assets.ts'
import { Level } from './page.ts'
import { AddressRange, AssetId, Count, Day, Instant, Int4Id, momentInput, NameGlob, text } from './primitives.ts'

const several = <T extends z.ZodType>(item: T) => z.array(item).min(1).max(100).optional()

export const GroupConditions = z
  .strictObject({
    tag: several(text(500)).describe('Key:Value, or Key alone'),
    network: several(text(200)).describe('the id or the name of a network'),
    os: several(text(200)).describe('part of an operating system’s name'),
    name: several(NameGlob).describe(
      'the whole of a name, host name, FQDN or NetBIOS name; * stands for anything, ? for one character',
    ),
    cidr: several(AddressRange),
    source_id: several(Int4Id),
  })
  .refine(
    value => Object.values(value).some(one => one !== undefined),
    'must ask for something: tag, network, os, name, cidr or source_id',
  )
  .meta({ id: 'GroupConditions' })

export const GroupRuleInput = z
  .strictObject({
    name: text(200),
    priority: z.int().min(0).max(1_000_000).default(100).describe('the lowest number goes first'),
    conditions: GroupConditions.describe('of each kind one must hold, of all kinds that are there each'),
    owner: text(200).nullable().default(null),
    criticality: z.enum(assignedCriticalities).nullable().default(null),
    group: text(200).nullable().default(null),
    valid_from: Day.optional().describe('the first day in UTC; today when left out'),
    valid_to: Day.nullable().default(null).describe('the first day on which it no longer holds'),
    is_enabled: z.boolean().default(true),
  })
  .refine(rule => rule.owner !== null || rule.criticality !== null || rule.group !== null, {
    message: 'must give an owner, a criticality or a group',
    path: ['owner'],
  })
  .refine(rule => rule.valid_to === null || rule.valid_from === undefined || rule.valid_from < rule.valid_to, {
    message: 'must be after valid_from',
    path: ['valid_to'],
  })
  .meta({ id: 'NewGroupRule' })
export type GroupRuleInput = z.infer<typeof GroupRuleInput>

export const GroupRuleView = z
  .object({
    id: Int4Id,
    name: z.string(),
    priority: z.int(),
    conditions: GroupConditions,
    owner: z.string().nullable(),
    criticality: z.enum(assignedCriticalities).nullable(),
    group: z.string().nullable(),
    valid_from: Day,
    valid_to: Day.nullable(),
    is_enabled: z.boolean(),
    holds_today: z.boolean(),
  })
  .meta({ id: 'GroupRule' })
export type GroupRuleView = z.infer<typeof GroupRuleView>

export const GroupRuleList = z.object({ items: z.array(GroupRuleView) }).meta({ id: 'GroupRuleList' })

export const ChangedGroupRule = z
  .object({ rule: GroupRuleView, assets_changed: Count })
  .meta({ id: 'ChangedGroupRule' })
export type ChangedGroupRule = z.infer<typeof ChangedGroupRule>

export const GroupRuleChange = z
  .strictObject({
    rule: GroupRuleInput.optional().describe('a new rule, or what a stored one would be; left out: it is taken away'),
    replaces: Int4Id.optional().describe('the stored rule in whose place it would be'),
  })
  .refine(change => change.rule !== undefined || change.replaces !== undefined, {
    message: 'needs a rule, or replaces, or both',
    path: ['rule'],
  })
  .meta({ id: 'GroupRuleChange' })

const Grouping = z.object({
  owner: z.string().nullable(),
  criticality: z.enum(assignedCriticalities).nullable(),
  groups: z.array(z.string()),
})

export const GroupRulePreview = z
  .object({
    holds_today: z.boolean().describe('false: it changes nothing until its day'),
    matched: Count.describe('assets that meet its conditions'),
    changed: Count.describe('assets that would have another owner, criticality or group'),
    owner_changed: Count,
    criticality_changed: Count,
    groups_changed: Count,
    sample: z
      .array(z.object({ asset_id: AssetId, name: z.string(), before: Grouping, after: Grouping }))
      .describe('the first twenty by name'),
  })
  .meta({ id: 'GroupRulePreview' })
export type GroupRulePreview = z.infer<typeof GroupRulePreview>

const GroupCount = z
  .object({
    name: z.string().nullable().describe('null: assets without one'),
    assets: Count,
    open_findings: Count,
    open: SeverityCounts,
  })
  .meta({ id: 'GroupCount' })
export type GroupCount = z.infer<typeof GroupCount>

export const GroupOverview = z
  .object({
    as_of: Instant.nullable(),
    level: Level,
    owners: z.array(GroupCount),
    groups: z.array(GroupCount).describe('an asset may be in several'),
  })
  .meta({ id: 'GroupOverview' })
export type GroupOverview = z.infer<typeof GroupOverview>

const Ownership = Grouping.extend({
  rule_ids: z.array(Int4Id).describe('the rules that the asset met, the first that goes first'),
  is_owner_set: z.boolean().describe('the owner was given by a person'),
})

export const AssetOwnership = Ownership.extend({
  asset_id: AssetId,
  as_of: Instant.nullable(),
  history: z
    .array(Ownership.extend({ recorded_at: Instant, cause: z.enum(groupCauses) }))
    .describe('what was said from when on, oldest first'),
}).meta({ id: 'AssetOwnership' })
export type AssetOwnership = z.infer<typeof AssetOwnership>

export const AssetOwnerInput = z
  .strictObject({ owner: text(200).nullable().describe('null: as the rules say') })
  .meta({ id: 'AssetOwnerChange' })

export const ownershipQuery = z.strictObject({ as_of: momentInput().optional().describe('as it was then') })
