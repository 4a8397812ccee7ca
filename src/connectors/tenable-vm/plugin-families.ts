import type { PluginFamily } from '../../domain/directory.ts'
import { isJsonObject, type Json } from '../../domain/json.ts'
import { SourceError } from '../../platform/errors.ts'
import type { Batch, ExportRecord, KnownFamily, Part, PlanStep, QualityIssue } from '../connector.ts'
import { clean, noRepairs } from '../formats/clean-text.ts'
import { named, type TenableClient } from './client.ts'

// Lists of plugins do not say the family; a family says its plugins. A family of as many plugins as were known when it was
// last read is taken to have the same ones.

const listPath = '/plugins/families'
const partPrefix = 'family:'

/** The families to read as parts, and what to tell a person when they are not given. */
export async function planFamilies(
  client: TenableClient,
  record: ExportRecord,
  known: readonly KnownFamily[],
  signal: AbortSignal,
): Promise<{ readonly parts: readonly PlanStep[]; readonly notes: readonly string[] }> {
  try {
    const families = familiesIn(await client.json({ method: 'GET', path: listPath }, signal))
    const counts = new Map(known.map(({ familyId, pluginCount }) => [familyId, pluginCount]))
    const changed = families.filter(family => counts.get(family.id) !== family.count)
    return { parts: changed.map(family => familyPart(record, family)), notes: [] }
  } catch (thrown) {
    // The catalogue itself was given; families come with findings too.
    if (!(thrown instanceof SourceError) || (thrown.status !== 403 && thrown.status !== 404)) throw thrown
    return { parts: [], notes: [`The families of plugins were not given: ${thrown.message}`] }
  }
}

interface ListedFamily {
  readonly id: number
  readonly name: string
  readonly count: number
}

function familiesIn(answer: Json): ListedFamily[] {
  const list = isJsonObject(answer) ? answer.families : answer
  if (!Array.isArray(list)) return []
  return (list as readonly Json[]).flatMap(item => {
    if (!isJsonObject(item)) return []
    const { id, name, count } = item
    if (!isId(id) || typeof name !== 'string' || name === '') return []
    return [{ id, name: textOf(name), count: isId(count) ? count : 0 }]
  })
}

function familyPart({ exportId, readAt }: ExportRecord, family: ListedFamily): PlanStep {
  const detail = { path: `${listPath}/${family.id}`, family: family.name, count: family.count }
  return { kind: 'part', part: { stream: 'plugins', exportId, partId: `${partPrefix}${family.id}`, readAt, detail } }
}

export function isFamilyPart(part: Part): boolean {
  return part.stream === 'plugins' && part.partId.startsWith(partPrefix)
}

/** One batch: which plugins the family has. */
export async function readFamily(client: TenableClient, part: Part, signal: AbortSignal): Promise<Batch> {
  const call = { method: 'GET', path: String(part.detail.path) } as const
  const answer = await client.json(call, signal)
  const plugins = isJsonObject(answer) ? answer.plugins : undefined
  if (!Array.isArray(plugins)) {
    throw new SourceError('bad_answer', 'later', `${named(call)}: the answer has no plugins.`)
  }
  const ids = (plugins as readonly Json[]).flatMap(item => (isJsonObject(item) && isId(item.id) ? [item.id] : []))
  const family: PluginFamily = {
    familyId: Number(part.partId.slice(partPrefix.length)),
    name: String(part.detail.family),
    pluginCount: Number(part.detail.count),
    pluginIds: [...new Set(ids)].sort((a, b) => a - b),
  }
  const issues = ids.length < plugins.length ? [unreadable(family, plugins.length - ids.length)] : []
  return { stream: 'plugins', family, rows: [], rejected: [], issues, bytes: JSON.stringify(answer).length }
}

function unreadable({ familyId }: PluginFamily, count: number): QualityIssue {
  return { field: 'plugins', problem: `${count} entries have no usable id.`, record: `plugin family ${familyId}` }
}

function isId(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 2_147_483_647
}

function textOf(text: string): string {
  return String(clean(text, { ...noRepairs, nul: true, surrogate: true }).value)
}
