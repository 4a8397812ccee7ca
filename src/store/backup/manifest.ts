import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { damaged } from './format.ts'

/** `full`: everything. `state`: what people configured and what the ledger says, without the mirrored rows. */
export type BackupKind = 'full' | 'state'

/** A month of history, as its bounds. */
export interface Partition {
  readonly table: string
  readonly name: string
  readonly from: string
  readonly to: string
}

export interface Manifest {
  readonly kind: BackupKind
  readonly schemaVersion: number
  readonly programVersion: string
  readonly postgresVersion: string
  readonly takenAt: string
  /** Ids of the keys that secrets in it are sealed with. */
  readonly sealedWith: readonly string[]
  readonly tables: readonly string[]
  readonly partitions: readonly Partition[]
}

export interface TableStart {
  readonly name: string
  readonly columns: readonly string[]
}

/** What a table's rows come to. */
export interface TableSum {
  readonly name: string
  readonly rows: number
  readonly bytes: number
  /** SHA-256 of its COPY text, in hex. */
  readonly sha256: string
}

export interface SequenceState {
  readonly name: string
  readonly lastValue: number
}

export interface Closing {
  readonly sequences: readonly SequenceState[]
  readonly tables: readonly TableSum[]
}

export function toPayload(value: Manifest | TableStart | TableSum | Closing): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`)
}

// The checksums of the frames are right by now: what is wrong here was written wrongly, or by somebody else.

export function readManifest(payload: Buffer, file: string): Manifest {
  const value = objectIn(payload, file)
  return {
    kind: value.kind === 'state' ? 'state' : 'full',
    schemaVersion: numberOf(value.schemaVersion, file),
    programVersion: textOf(value.programVersion, file),
    postgresVersion: textOf(value.postgresVersion, file),
    takenAt: textOf(value.takenAt, file),
    sealedWith: listOf(value.sealedWith, file, textOf),
    tables: listOf(value.tables, file, textOf),
    partitions: listOf(value.partitions, file, one => {
      const { table, name, from, to } = objectOf(one, file)
      return { table: textOf(table, file), name: textOf(name, file), from: textOf(from, file), to: textOf(to, file) }
    }),
  }
}

export function readTableStart(payload: Buffer, file: string): TableStart {
  const { name, columns } = objectIn(payload, file)
  return { name: textOf(name, file), columns: listOf(columns, file, textOf) }
}

export function readTableSum(payload: Buffer, file: string): TableSum {
  return tableSumOf(objectIn(payload, file), file)
}

export function readClosing(payload: Buffer, file: string): Closing {
  const { sequences, tables } = objectIn(payload, file)
  return {
    sequences: listOf(sequences, file, one => {
      const { name, lastValue } = objectOf(one, file)
      return { name: textOf(name, file), lastValue: numberOf(lastValue, file) }
    }),
    tables: listOf(tables, file, one => tableSumOf(objectOf(one, file), file)),
  }
}

function tableSumOf({ name, rows, bytes, sha256 }: JsonObject, file: string): TableSum {
  return {
    name: textOf(name, file),
    rows: numberOf(rows, file),
    bytes: numberOf(bytes, file),
    sha256: textOf(sha256, file),
  }
}

function objectIn(payload: Buffer, file: string): JsonObject {
  try {
    return objectOf(JSON.parse(payload.toString('utf8')) as Json, file)
  } catch (cause) {
    throw damaged(file, 'a description in it cannot be read', cause)
  }
}

function objectOf(value: Json | undefined, file: string): JsonObject {
  if (!isJsonObject(value)) throw damaged(file, 'a description in it is not what it should be')
  return value
}

function textOf(value: Json | undefined, file: string): string {
  if (typeof value !== 'string') throw damaged(file, 'a description in it lacks a text')
  return value
}

function numberOf(value: Json | undefined, file: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw damaged(file, 'a description in it lacks a number')
  }
  return value
}

function listOf<T>(value: Json | undefined, file: string, of: (one: Json | undefined, file: string) => T): T[] {
  if (!Array.isArray(value)) throw damaged(file, 'a description in it lacks a list')
  return (value as readonly Json[]).map(one => of(one, file))
}
