import { hash } from 'node:crypto'

/**
 * Adds up the SHA-256 of every line of a COPY text, so that equal rows give equal sums in whatever order they lie: a
 * restored table may lie in another, because the server fills gaps that a wide row left.
 */
export interface RowSum {
  add(chunk: Buffer): void
  /** Hex; only after the last line. */
  end(): string
}

const newline = 0x0a
const lanes = 8

export function createRowSum(): RowSum {
  const sums = new Uint32Array(lanes)
  let begun: Buffer[] = []
  const take = (line: Buffer) => {
    const digest = hash('sha256', line, 'buffer')
    for (let lane = 0; lane < lanes; lane++) sums[lane] = (sums[lane] ?? 0) + digest.readUInt32BE(lane * 4)
  }
  return {
    add(chunk) {
      let from = 0
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
        const rest = chunk.subarray(from, at)
        take(begun.length === 0 ? rest : Buffer.concat([...begun, rest]))
        if (begun.length > 0) begun = []
        from = at + 1
      }
      // Copied: the chunk may be a window into a buffer that is used again.
      if (from < chunk.length) begun.push(Buffer.from(chunk.subarray(from)))
    },
    end() {
      if (begun.length > 0) throw new Error('the text ends inside a line')
      return [...sums].map(sum => sum.toString(16).padStart(8, '0')).join('')
    },
  }
}
