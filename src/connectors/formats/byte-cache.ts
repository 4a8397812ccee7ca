import { crc32 } from 'node:zlib'

/** Remembers a value by the bytes it was made from; the least recently used ones go when the budget is spent. */
export class ByteCache<T> {
  readonly #maxBytes: number
  readonly #entries = new Map<number, Entry<T>>()
  #bytes = 0
  #lookups = 0

  /** @param maxBytes of remembered keys; the values come on top */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get(bytes: Buffer): T | undefined {
    const hash = crc32(bytes)
    const entry = this.#entries.get(hash)
    // The hash only names a candidate; all bytes decide.
    if (!entry?.key.equals(bytes)) return undefined
    this.#lookups += 1
    // Moving to the end at every hit would cost more than the order is worth.
    if (this.#lookups - entry.movedAt > this.#entries.size / 4) {
      entry.movedAt = this.#lookups
      this.#entries.delete(hash)
      this.#entries.set(hash, entry)
    }
    return entry.value
  }

  /** @param bytes kept as they are: the caller must not write to them again */
  set(bytes: Buffer, value: T): void {
    if (bytes.length > this.#maxBytes / 4) return
    const hash = crc32(bytes)
    this.#remove(hash)
    this.#entries.set(hash, { key: bytes, value, movedAt: this.#lookups })
    this.#bytes += bytes.length
    if (this.#bytes > this.#maxBytes) this.#makeRoom()
  }

  /** An eighth at once: finding the oldest entry of a Map means passing all that were removed before it. */
  #makeRoom(): void {
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes * 0.875) return
      this.#remove(oldest)
    }
  }

  #remove(hash: number): void {
    const entry = this.#entries.get(hash)
    if (!entry) return
    this.#entries.delete(hash)
    this.#bytes -= entry.key.length
  }
}

interface Entry<T> {
  readonly key: Buffer
  readonly value: T
  /** The lookup that last put it at the end. */
  movedAt: number
}
