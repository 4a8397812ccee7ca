import type { IdentifierKind, IdentityRecord } from './record.ts'
import {
  areTogether,
  areToldApart,
  askedFrom,
  confidenceOf,
  type Evidence,
  linkedFrom,
  type Spread,
  type Weighed,
  weigh,
} from './weigh.ts'

// Which records of one tenant are one machine? Candidates share an identifier; the best links are made first, and none
// that would join two machines of which another pair of records says that they are two.

export interface Link {
  readonly a: number
  readonly b: number
  readonly score: number
  readonly confidence: number
  readonly evidence: readonly Evidence[]
}

/** What a person decided of two assets; it stands over every evidence. */
export interface Decision {
  readonly a: number
  readonly b: number
  readonly isSame: boolean
}

export interface Correlation {
  /** Asset ids of each machine, each record in exactly one; also those with one record. */
  readonly devices: readonly (readonly number[])[]
  /** The links that made them, and those that bear them out. */
  readonly links: readonly Link[]
  /** For a person to decide: not enough evidence, or evidence against evidence. */
  readonly asked: readonly Link[]
}

/** A value in more records than this names no machine: it is as if they had none. */
export const recordsAtMost = 40

export function correlate(all: readonly IdentityRecord[], decisions: readonly Decision[] = []): Correlation {
  const records = withoutCommon(all)
  const byAsset = new Map(records.map(record => [record.assetId, record]))
  const holders = holdersOf(records)
  const spread = spreadOf(holders)
  const decided = new Map(decisions.map(decision => [pairKey(decision.a, decision.b), decision.isSame]))
  const clusters = new Clusters(byAsset, spread, decided)
  const links: Link[] = []
  const asked: Link[] = []
  for (const { a, b, isSame } of decisions) {
    if (isSame && byAsset.has(a) && byAsset.has(b)) clusters.join(a, b)
  }
  for (const { a, b, weighed } of weighedPairs(records, holders, spread)) {
    const link = { a, b, score: weighed.score, confidence: confidenceOf(weighed.score), evidence: weighed.evidence }
    const verdict = decided.get(pairKey(a, b))
    if (verdict === false) continue
    const isEnough = weighed.score >= linkedFrom && weighed.isGrounded
    if (!isEnough || !clusters.fit(a, b)) asked.push(link)
    else {
      clusters.join(a, b)
      links.push(link)
    }
  }
  return { devices: clusters.all(), links, asked: asked.filter(link => !clusters.areOne(link.a, link.b)) }
}

type Holders = ReadonlyMap<IdentifierKind, ReadonlyMap<string, readonly IdentityRecord[]>>

function holdersOf(records: readonly IdentityRecord[]): Holders {
  const holders = new Map<IdentifierKind, Map<string, IdentityRecord[]>>()
  for (const record of records) {
    for (const [kind, values] of Object.entries(record.identifiers) as [IdentifierKind, readonly string[]][]) {
      const byValue = holders.get(kind) ?? new Map<string, IdentityRecord[]>()
      holders.set(kind, byValue)
      for (const value of values) {
        const known = byValue.get(value)
        if (known) known.push(record)
        else byValue.set(value, [record])
      }
    }
  }
  return holders
}

function withoutCommon(records: readonly IdentityRecord[]): IdentityRecord[] {
  const holders = holdersOf(records)
  const isOfFew = (kind: IdentifierKind, value: string) => (holders.get(kind)?.get(value)?.length ?? 0) <= recordsAtMost
  return records.map(record => {
    const kept = (Object.entries(record.identifiers) as [IdentifierKind, readonly string[]][])
      .map(([kind, values]) => [kind, values.filter(value => isOfFew(kind, value))] as const)
      .filter(([, values]) => values.length > 0)
    return { ...record, identifiers: Object.fromEntries(kept) }
  })
}

/** How many records of one source have a value at the same time though something else tells them apart: clones. */
function spreadOf(holders: Holders): Spread {
  const known = new Map<string, number>()
  return (kind, value) => {
    const key = `${kind}|${value}`
    let machines = known.get(key)
    if (machines === undefined) {
      machines = machinesAtOnce(holders.get(kind)?.get(value) ?? [])
      known.set(key, machines)
    }
    return machines
  }
}

function machinesAtOnce(records: readonly IdentityRecord[]): number {
  if (records.length < 2) return 1
  const together = records.map(
    one =>
      records.filter(other => other.sourceId === one.sourceId && areTogether(one, other) && areToldApart(one, other))
        .length,
  )
  return 1 + Math.max(...together)
}

interface WeighedPair {
  readonly a: number
  readonly b: number
  readonly weighed: Weighed
}

/** Best first; of equals the lower ids first, so that the same records always give the same machines. */
function weighedPairs(records: readonly IdentityRecord[], holders: Holders, spread: Spread): WeighedPair[] {
  const pairs: WeighedPair[] = []
  for (const record of records) {
    for (const other of candidatesOf(record, holders)) {
      const weighed = weigh(record, other, spread)
      if (weighed.score >= askedFrom) pairs.push({ a: record.assetId, b: other.assetId, weighed })
    }
  }
  return pairs.sort((x, y) => y.weighed.score - x.weighed.score || x.a - y.a || x.b - y.b)
}

/** Records with a higher id that share an identifier. */
function candidatesOf(record: IdentityRecord, holders: Holders): Set<IdentityRecord> {
  const found = new Set<IdentityRecord>()
  for (const [kind, values] of Object.entries(record.identifiers) as [IdentifierKind, readonly string[]][]) {
    for (const value of values) {
      for (const other of holders.get(kind)?.get(value) ?? []) if (other.assetId > record.assetId) found.add(other)
    }
  }
  return found
}

function pairKey(a: number, b: number): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`
}

/** Records joined so far. */
class Clusters {
  readonly #clusterOf = new Map<number, number[]>()
  readonly #records: ReadonlyMap<number, IdentityRecord>
  readonly #spread: Spread
  readonly #decided: ReadonlyMap<string, boolean>

  constructor(records: ReadonlyMap<number, IdentityRecord>, spread: Spread, decided: ReadonlyMap<string, boolean>) {
    this.#records = records
    this.#spread = spread
    this.#decided = decided
    for (const id of records.keys()) this.#clusterOf.set(id, [id])
  }

  areOne(a: number, b: number): boolean {
    return this.#clusterOf.get(a) === this.#clusterOf.get(b)
  }

  /** Whether no record of the one cluster speaks against a record of the other. */
  fit(a: number, b: number): boolean {
    const [ours, theirs] = [this.#clusterOf.get(a)!, this.#clusterOf.get(b)!]
    if (ours === theirs) return true
    return ours.every(one => theirs.every(other => this.#areCompatible(one, other)))
  }

  join(a: number, b: number): void {
    const [ours, theirs] = [this.#clusterOf.get(a)!, this.#clusterOf.get(b)!]
    if (ours === theirs) return
    for (const id of theirs) {
      ours.push(id)
      this.#clusterOf.set(id, ours)
    }
  }

  all(): number[][] {
    return [...new Set(this.#clusterOf.values())].map(ids => ids.sort((x, y) => x - y))
  }

  #areCompatible(one: number, other: number): boolean {
    const verdict = this.#decided.get(pairKey(one, other))
    if (verdict !== undefined) return verdict
    return weigh(this.#records.get(one)!, this.#records.get(other)!, this.#spread).score > incompatibleBelow
  }
}

/** Below this two records are two machines whatever a third says. */
const incompatibleBelow = -2.5
