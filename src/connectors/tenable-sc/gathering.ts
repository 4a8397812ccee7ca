import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import type { QualityIssue, Rejected } from '../connector.ts'
import { maxRawBytes } from '../formats/json-array.ts'
import { UnreadableRecord } from '../formats/record.ts'

/** The rows of one page, and what could not become one. */
export class Gathering<Row> {
  readonly rows: Row[] = []
  readonly rejected: Rejected[] = []
  readonly issues: QualityIssue[] = []

  /** Takes one record, or keeps it aside with the reason. */
  add(value: Json, read: (wire: JsonObject) => Row): void {
    try {
      if (!isJsonObject(value)) throw new UnreadableRecord('The record is not an object.')
      this.rows.push(read(value))
    } catch (thrown) {
      if (!(thrown instanceof UnreadableRecord)) throw thrown
      const raw = Buffer.from(JSON.stringify(value)).subarray(0, maxRawBytes).toString('utf8')
      this.rejected.push({ reason: thrown.message, raw })
    }
  }

  note(issues: readonly QualityIssue[] | null): void {
    if (issues) this.issues.push(...issues)
  }

  batch<S extends string>(stream: S, bytes: number) {
    const { rows, rejected, issues } = this
    return { stream, rows, rejected, issues, bytes }
  }
}
