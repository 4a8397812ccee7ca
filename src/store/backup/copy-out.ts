import { createHash } from 'node:crypto'
import { to as copyTo } from 'pg-copy-streams'
import type { Connection } from '../database.ts'
import { quoted, type TableShape } from './catalogue.ts'
import type { TableSum } from './manifest.ts'

/** The rows of a table as COPY text, in the order in which they lie. */
export async function* textOf(connection: Connection, table: TableShape): AsyncGenerator<Buffer, void, undefined> {
  const columns = table.columns.map(quoted).join(', ')
  for (const part of table.parts) {
    yield* connection.query(copyTo(`copy ${quoted(part)} (${columns}) to stdout`)) as AsyncIterable<Buffer>
  }
}

/** Adds up a table's text as it goes by. */
export interface Sum {
  add(chunk: Buffer): void
  end(): TableSum
}

const newline = 0x0a

export function createSum(name: string): Sum {
  const hash = createHash('sha256')
  let rows = 0
  let bytes = 0
  return {
    add(chunk) {
      hash.update(chunk)
      bytes += chunk.length
      // A newline inside a value is written as \n: each byte of this kind ends a row.
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) rows += 1
    },
    end: () => ({ name, rows, bytes, sha256: hash.digest('hex') }),
  }
}
