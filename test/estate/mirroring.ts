import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/platform/clock.ts'
import { silentLog } from '../../src/platform/log.ts'
import type { Database } from '../../src/store/database.ts'
import { openSealing, type Sealing } from '../../src/store/sealing.ts'
import { createEngine } from '../../src/sync/engine.ts'
import type { Engine } from '../../src/sync/engine-contract.ts'
import type { Importer } from '../../src/sync/imports/importer.ts'
import { createTestDatabase } from '../support/database.ts'
import { testImporter } from '../support/importer.ts'
import { quickLimits } from '../support/mirror.ts'

/** What sources are fed into: a database with an engine and an importer. */
export interface Mirroring {
  readonly database: Database
  readonly sealing: Sealing
  readonly engine: Engine
  readonly importer: Importer
  close(): Promise<void>
}

export async function openMirroring(): Promise<Mirroring> {
  const db = await createTestDatabase()
  const { database } = db
  const dataDir = await mkdtemp(join(tmpdir(), 'tenfold-estate-'))
  const sealing = await openSealing({ database, dataDir, encryptionKey: undefined })
  const engine = createEngine({
    database,
    sealing,
    clock: systemClock,
    log: silentLog,
    limits: { ...quickLimits, rowsPerPage: 500, pagesPerPart: 2 },
    workers: 1,
    logLevel: 'silent',
  })
  await engine.start()
  const importer = testImporter(database)
  return {
    database,
    sealing,
    engine,
    importer,
    async close() {
      await importer.stop()
      await engine.stop()
      await db.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
