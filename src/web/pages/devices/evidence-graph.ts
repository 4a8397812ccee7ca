import type { DeviceDetail, DeviceLink } from '../../../contract/devices.ts'
import type { EvidenceKind } from '../../lib/device-words.ts'

// Records on the left, what joins or parts them on the right: a small graph that needs no luck to be read.

export interface GraphRecord {
  readonly assetId: number
  readonly name: string
  readonly source: string
  /** Of another device: it may belong to this one. */
  readonly isOther: boolean
  readonly y: number
}

export interface GraphJoin {
  readonly key: string
  readonly kind: EvidenceKind
  /** What is shared; null for what speaks against it. */
  readonly value: string | null
  /** The strongest it has between two of them. */
  readonly weight: number
  readonly assetIds: readonly number[]
  readonly y: number
}

export interface EvidenceGraph {
  readonly records: readonly GraphRecord[]
  readonly joins: readonly GraphJoin[]
  readonly height: number
  /** Joins that there was no room for. */
  readonly left: number
}

export const rowHeight = 40
const joinsAtMost = 30

type Drawn = Pick<DeviceDetail, 'id' | 'members' | 'links' | 'asked'>

export function evidenceGraph({ id, members, links, asked }: Drawn): EvidenceGraph {
  const others = otherRecords(id, asked)
  const found = [
    ...members.map(one => ({ assetId: one.asset_id, name: one.name, source: one.source, isOther: false })),
    ...others,
  ]
  const all = joinsOf([...links, ...asked])
  const joins = all.slice(0, joinsAtMost)
  const rows = Math.max(found.length, joins.length, 1)
  const place = (index: number, of: number) => (index + 0.5) * ((rows * rowHeight) / Math.max(1, of))
  const records = found.map((one, index) => ({ ...one, y: place(index, found.length) }))
  return {
    records,
    joins: inOrderOf(records, joins).map((join, index) => ({ ...join, y: place(index, joins.length) })),
    height: rows * rowHeight,
    left: all.length - joins.length,
  }
}

function otherRecords(id: number, asked: readonly DeviceLink[]) {
  const found = new Map<number, Omit<GraphRecord, 'y'>>()
  for (const link of asked) {
    const isOursA = link.device_a === id
    const assetId = isOursA ? link.asset_b : link.asset_a
    const [name, source] = isOursA ? [link.name_b, link.source_b] : [link.name_a, link.source_a]
    found.set(assetId, { assetId, name, source, isOther: true })
  }
  return [...found.values()]
}

/** One for each value, whoever shares it; what speaks against two records is of these two. */
function joinsOf(links: readonly DeviceLink[]): Omit<GraphJoin, 'y'>[] {
  const found = new Map<string, Omit<GraphJoin, 'y'>>()
  for (const { asset_a, asset_b, evidence } of links) {
    for (const { kind, value, weight } of evidence) {
      const key = value === null ? `${kind} ${asset_a} ${asset_b}` : `${kind} ${value}`
      const known = found.get(key)
      found.set(key, {
        key,
        kind,
        value,
        weight: known === undefined || Math.abs(weight) > Math.abs(known.weight) ? weight : known.weight,
        assetIds: [...new Set([...(known?.assetIds ?? []), asset_a, asset_b])],
      })
    }
  }
  return [...found.values()].sort((one, other) => Math.abs(other.weight) - Math.abs(one.weight))
}

/** Beside the records that they touch, so that few lines cross. */
function inOrderOf(
  records: readonly GraphRecord[],
  joins: readonly Omit<GraphJoin, 'y'>[],
): readonly Omit<GraphJoin, 'y'>[] {
  const yOf = new Map(records.map(record => [record.assetId, record.y]))
  const middle = ({ assetIds }: Omit<GraphJoin, 'y'>) =>
    assetIds.reduce((sum, id) => sum + (yOf.get(id) ?? 0), 0) / assetIds.length
  return joins.toSorted((one, other) => middle(one) - middle(other) || other.weight - one.weight)
}
