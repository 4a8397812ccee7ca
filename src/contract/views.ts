import { z } from 'zod'
import { densities, listPages } from '../domain/list-page.ts'
import { Instant, Int4Id, text } from './primitives.ts'

// How people look at lists: views with a name, and what each person last chose.

const filter = text(8_000, 0).describe('as the address of the page has it: severity=critical&is_kev=true')
const sort = text(100).nullable().describe('a column, with a minus in front for the other way; null: as the page does')
const columns = z
  .array(text(60))
  .min(1)
  .max(60)
  .refine(ids => new Set(ids).size === ids.length, 'must not name a column twice')
  .nullable()
  .describe('which, and in which order; null: as the page has them')
const density = z.enum(densities).nullable()
const name = text(120).refine(value => value.trim() !== '', 'must not be empty')

const sharing = {
  is_shared: z.boolean().default(false).describe('with everybody who has a role in the tenant'),
  tenant_id: Int4Id.nullable().default(null).describe('with whom; null: the only tenant you have a role in'),
}

const appearance = {
  filter: filter.default(''),
  sort: sort.default(null),
  columns: columns.default(null),
  density: density.default(null),
}

const example = {
  name: 'Windows servers with critical findings',
  filter: 'open_severity=critical&os=windows',
  sort: '-open_critical',
  columns: ['name', 'ip', 'open_critical', 'owner'],
  density: 'compact',
  is_shared: true,
}

export const SavedViewCreate = z
  .strictObject({ page: z.enum(listPages), name, ...appearance, ...sharing })
  .meta({ id: 'SavedViewCreate', examples: [{ page: 'assets', ...example }] })

export const SavedViewChange = z
  .strictObject({ name, ...appearance, ...sharing })
  .meta({ id: 'SavedViewChange', examples: [example] })

export const SavedView = z
  .object({
    id: Int4Id,
    page: z.enum(listPages),
    name: z.string(),
    filter: z.string(),
    sort: z.string().nullable(),
    columns: z.array(z.string()).nullable(),
    density: z.enum(densities).nullable(),
    is_shared: z.boolean(),
    tenant_id: Int4Id.nullable(),
    tenant: z.string().nullable().describe('with whom it is shared'),
    owner: z.string().nullable().describe('null: its owner is gone'),
    is_own: z.boolean(),
    may_change: z.boolean().describe('you may: it is yours, or you administer the tenant it is shared with'),
    created_at: Instant,
    updated_at: Instant,
  })
  .meta({ id: 'SavedView' })
export type SavedView = z.infer<typeof SavedView>

export const SavedViewList = z
  .object({
    items: z.array(SavedView),
    tenants: z.array(z.object({ id: Int4Id, name: z.string() })).describe('those that you may share a view with'),
  })
  .meta({ id: 'SavedViewList' })
export type SavedViewList = z.infer<typeof SavedViewList>

export const viewFilterShape = { page: z.enum(listPages).optional() }

export const ListPreferenceChange = z
  .strictObject({
    page: z.enum(listPages),
    filter: filter.optional(),
    sort: sort.optional(),
    columns: columns.optional(),
    density: density.optional(),
    default_view_id: Int4Id.nullable().optional().describe('the view that the page opens with; null: as it was left'),
  })
  .meta({ id: 'ListPreferenceChange', examples: [{ page: 'assets', columns: ['name', 'ip', 'owner'] }] })

export const ListPreference = z
  .object({
    page: z.enum(listPages),
    filter: z.string(),
    sort: z.string().nullable(),
    columns: z.array(z.string()).nullable(),
    density: z.enum(densities).nullable(),
    default_view_id: Int4Id.nullable(),
    updated_at: Instant,
  })
  .meta({ id: 'ListPreference' })
export type ListPreference = z.infer<typeof ListPreference>

export const ListPreferences = z.object({ items: z.array(ListPreference) }).meta({ id: 'ListPreferences' })
