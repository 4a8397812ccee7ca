/** Pure hashing for what is derived on the fly, and a small sequential generator for what happens in turn. */

/** A uniform 32-bit hash of up to four integers. */
export function hash32(seed: number, a: number, b = 0, c = 0): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b)
  h = stir(h, a)
  h = stir(h, b)
  h = stir(h, c)
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function stir(h: number, value: number): number {
  let k = Math.imul(value | 0, 0xcc9e2d51)
  k = (k << 15) | (k >>> 17)
  const mixed = h ^ Math.imul(k, 0x1b873593)
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}

/** A hash as a fraction of one. */
export function fraction(hash: number): number {
  return hash / 0x1_0000_0000
}

export function hash32Of(text: string, seed = 0): number {
  let h = seed
  for (let i = 0; i < text.length; i++) h = stir(h, text.charCodeAt(i))
  return hash32(h, text.length)
}

const byteHex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export function hex8(value: number): string {
  return byteHex[value >>> 24]! + byteHex[(value >>> 16) & 255]! + byteHex[(value >>> 8) & 255]! + byteHex[value & 255]!
}

/** `length` hexadecimal digits drawn from a topic and an integer. */
export function hexOf(seed: number, topic: number, a: number, length: number, b = 0): string {
  let text = ''
  for (let i = 0; text.length < length; i++) text += hex8(hash32(seed + i, topic, a, b))
  return text.slice(0, length)
}

/** A version-4-looking UUID drawn from a topic and one or two integers. */
export function uuidOf(seed: number, topic: number, a: number, b = 0): string {
  const h1 = hash32(seed, topic, a, b)
  const h2 = hash32(h1, a, b, topic)
  const h3 = hash32(h2, b, topic, a)
  const h4 = hash32(h3, a, topic, b)
  const x1 = hex8(h1)
  const x2 = hex8(h2)
  const x3 = hex8((h3 & 0x3fffffff) | 0x80000000)
  const x4 = hex8(h4)
  return `${x1}-${x2.slice(0, 4)}-4${x2.slice(5)}-${x3.slice(0, 4)}-${x3.slice(4)}${x4}`
}

export function pick<T>(list: readonly T[], hash: number): T {
  return list[hash % list.length]!
}

/** Index into cumulative weights by a fraction of one. */
export function weighted(weights: readonly number[], at: number): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let left = at * total
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i]!
    if (left < 0) return i
  }
  return weights.length - 1
}

/** A small sequential generator (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }
}

/** The topics hashes are drawn for; two topics never share a draw. */
export const topic = {
  keys: 1,
  asset: 2,
  assetKind: 3,
  host: 4,
  slot: 5,
  finding: 6,
  plugin: 7,
  pluginText: 8,
  scan: 9,
  run: 10,
  tag: 11,
  network: 12,
  view: 13,
  compliance: 14,
  agent: 15,
  user: 16,
  job: 17,
  request: 18,
  status: 19,
  life: 20,
  fault: 21,
  output: 22,
  tenant: 23,
} as const
