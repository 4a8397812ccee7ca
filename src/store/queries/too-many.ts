const keptForMs = 60_000
const keptAtMost = 1_000

/**
 * Which look-ups of late found too many to name, so that the next page need not look again. Only a choice between two
 * right statements hangs on it: nothing is counted by it, and it may be a minute old.
 */
export class TooMany {
  readonly #since = new Map<string, number>()

  has(asked: string): boolean {
    return Date.now() - (this.#since.get(asked) ?? 0) < keptForMs
  }

  add(asked: string): void {
    if (this.#since.size >= keptAtMost) this.#since.clear()
    this.#since.set(asked, Date.now())
  }
}
