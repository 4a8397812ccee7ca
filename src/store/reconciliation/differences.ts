import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import type { DifferenceCause, DifferenceKind, DifferenceLevel, Explained } from '../../domain/reconciliation/index.ts'
import type { Severity } from '../../domain/severity.ts'
import { copyText, copyValue } from '../copy-text.ts'
import type { Connection } from '../database.ts'

/** A difference as it is written down. */
export interface NewDifference {
  readonly level: DifferenceLevel
  readonly kind: DifferenceKind
  readonly explained: Explained
  readonly was: DifferenceCause | null
  readonly filesAssetId: number | null
  readonly apiAssetId: number | null
  readonly asset: string | null
  readonly pluginId: number | null
  readonly port: number | null
  readonly protocol: string | null
  readonly instance: string | null
  readonly severity: Severity | null
  readonly filesCount: number | null
  readonly apiCount: number | null
}

/** Writes differences and counts them by level and cause. */
export class DifferenceWriter {
  readonly #connection: Connection
  readonly #comparisonId: number
  readonly #causes = new Map<DifferenceCause, { assets: number; findings: number; counts: number }>()
  #written = 0

  constructor(connection: Connection, comparisonId: number) {
    this.#connection = connection
    this.#comparisonId = comparisonId
  }

  async write(differences: readonly NewDifference[]): Promise<void> {
    if (differences.length === 0) return
    const statement = `copy reconciliation_difference (reconciliation_id, difference_no, level, kind, cause, was, evidence,
      files_asset_id, api_asset_id, asset, plugin_id, port, protocol, instance, severity, files_count, api_count) from stdin`
    const lines = differences.map(one => this.#lineOf(one)).join('')
    await pipeline(Readable.from([Buffer.from(lines)]), this.#connection.query(copyFrom(statement)))
  }

  #lineOf(one: NewDifference): string {
    const { cause, evidence } = one.explained
    this.#written += 1
    const known = this.#causes.get(cause) ?? { assets: 0, findings: 0, counts: 0 }
    known[`${one.level}s`] += 1
    this.#causes.set(cause, known)
    return `${[
      this.#comparisonId,
      this.#written,
      one.level,
      one.kind,
      cause,
      copyValue(one.was),
      copyText(JSON.stringify(evidence)),
      copyValue(one.filesAssetId),
      copyValue(one.apiAssetId),
      copyText(one.asset),
      copyValue(one.pluginId),
      copyValue(one.port),
      copyText(one.protocol),
      copyText(one.instance),
      copyValue(one.severity),
      copyValue(one.filesCount),
      copyValue(one.apiCount),
    ].join('\t')}\n`
  }

  /** By cause how many assets, findings and counts differ for it. */
  get causes(): Readonly<
    Record<string, { readonly assets: number; readonly findings: number; readonly counts: number }>
  > {
    return Object.fromEntries(this.#causes)
  }
}
