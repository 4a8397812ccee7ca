import type { JsonObject } from '../../domain/json.ts'
import { textOf } from './wire.ts'

/** A host's name among those of its source, and the names it may have been known by. */
export interface HostKey {
  readonly nativeId: string
  /** All its names, the native id among them: ids that are its own first, then those it may share in time. */
  readonly aliases: readonly string[]
}

/** Fields of a record that can name its host. */
const keyFields = ['ip', 'dnsName', 'uuid', 'hostUUID', 'netbiosName', 'macAddress'] as const
const anyCase: ReadonlySet<string> = new Set(['dnsName', 'uuid', 'hostUUID', 'netbiosName', 'macAddress'])

/**
 * The host of a record, by the fields that its repository says it is unique by, in their order:
 * `repositoryID=1|ip=10.0.0.1|dnsName=web.example.com`. Which fields these are changes with an upgrade, and what they
 * hold with a new name; the aliases tie the old name to the new one.
 * @returns undefined when the record names no host
 */
export function hostKeyOf(wire: JsonObject, repositoryId: string): HostKey | undefined {
  const own = fieldsOf(textOf(wire.hostUniqueness) ?? textOf(wire.uniqueness))
  const values = new Map<string, string>(keyFields.map(field => [field, fieldValue(wire, field)]))
  const name = (fields: readonly string[]): string | undefined => {
    const wanted = fields.filter(field => field !== 'repositoryID')
    if (wanted.length === 0 || wanted.every(field => (values.get(field) ?? '') === '')) return undefined
    return [
      `repositoryID=${escaped(repositoryId)}`,
      ...wanted.map(field => `${field}=${values.get(field) ?? ''}`),
    ].join('|')
  }
  const ids = [name(['hostUUID']), name(['uuid'])]
  const address = values.get('ip') === '' ? undefined : name(['ip', 'dnsName'])
  const nativeId = (own ? name(own) : undefined) ?? ids[1] ?? address ?? name(['dnsName'])
  if (nativeId === undefined) return undefined
  const aliases = new Set([...ids, address, nativeId].filter(alias => alias !== undefined))
  return { nativeId, aliases: [...aliases] }
}

function fieldsOf(uniqueness: string | null): readonly string[] | undefined {
  const fields = uniqueness?.split(',').map(field => field.trim())
  // A field that we do not know the record to have cannot name anything.
  return fields?.every(field => field === 'repositoryID' || (keyFields as readonly string[]).includes(field))
    ? fields
    : undefined
}

function fieldValue(wire: JsonObject, field: string): string {
  const text = textOf(wire[field]) ?? ''
  return escaped(anyCase.has(field) ? text.toLowerCase() : text)
}

/** Names come from outside: none may look like two fields. */
function escaped(text: string): string {
  return text.replace(/[%|=\u0000-\u001f]/g, character => encodeURIComponent(character)).slice(0, 500)
}
