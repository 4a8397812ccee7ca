import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileSourceFor } from '../../src/store/imports/file-source.ts'
import { getImport, type ImportOptions, type ImportRow, type ImportScope } from '../../src/store/imports/imports.ts'
import type { Importer } from '../../src/sync/imports/importer.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { testImporter } from './importer.ts'

export const importActor = { kind: 'cli', name: 'somebody' } as const

export interface ImportBench {
  readonly db: TestDatabase
  readonly importer: Importer
  readonly folder: string
  /** Brings a file in and waits until it has been read. */
  stage(text: string | Buffer, options?: StageOptions): Promise<ImportRow>
  /** Applies what was previewed and waits for the end. */
  apply(item: ImportRow): Promise<ImportRow>
  undo(item: ImportRow): Promise<ImportRow>
  stop(): Promise<void>
}

export interface StageOptions {
  readonly name?: string
  readonly source?: string
  readonly scope?: ImportScope
  readonly options?: ImportOptions
}

const waitMs = 60_000

export async function createImportBench(): Promise<ImportBench> {
  const db = await createTestDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'tenfold-imports-'))
  const { database } = db
  const importer = testImporter(database, folder)
  return {
    db,
    importer,
    folder,
    async stage(text, { name = 'file.csv', source, scope, options } = {}) {
      const { id } = await fileSourceFor(database, source ?? 'Files', undefined, importActor)
      async function* bytes() {
        yield Buffer.from(text)
      }
      const file = await importer.receive(bytes())
      const request = { sourceId: id, fileName: name, trigger: 'cli', options: options ?? {} } as const
      const importId = await importer.add(file, { ...request, scope: scope ?? { covers: 'nothing' } }, importActor)
      return importer.settle(importId, waitMs)
    },
    async apply(item) {
      await importer.apply(item.import_id, (await getImport(database, item.import_id)).numbers!, importActor)
      return importer.settle(item.import_id, waitMs)
    },
    async undo(item) {
      await importer.undo(item.import_id, importActor)
      return importer.settle(item.import_id, waitMs)
    },
    async stop() {
      await importer.stop()
      await db.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
