/**
 * Lines of COPY as bytes outside the heap: thousands of them wait for their turn, and as strings each collection of
 * garbage would have to look at them all.
 */
export class LineBuffer {
  #bytes: Buffer = Buffer.allocUnsafeSlow(1 << 20)
  #used = 0

  /** Bytes held. */
  get size(): number {
    return this.#used
  }

  add(line: string): void {
    // A UTF-16 unit is three bytes of UTF-8 at the most.
    const needed = this.#used + line.length * 3
    if (needed > this.#bytes.length) this.#grow(needed)
    this.#used += this.#bytes.write(line, this.#used)
  }

  bytes(from: number, to: number): Buffer {
    return this.#bytes.subarray(from, to)
  }

  clear(): void {
    this.#used = 0
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#used)
    this.#bytes = larger
  }
}
