import type { StreamName } from '../../src/domain/batch.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { silentLog } from '../../src/platform/log.ts'
import { openDatabase } from '../../src/store/database.ts'
import { openSealing } from '../../src/store/sealing.ts'
import type { SourceLimits } from '../../src/sync/connection.ts'
import { createEngine } from '../../src/sync/engine.ts'

// A process that reads a source, to be killed.

interface Told {
  readonly connectionString: string
  readonly dataDir: string
  readonly sourceId: number
  readonly streams: readonly StreamName[]
  readonly limits: SourceLimits
}

const { connectionString, dataDir, sourceId, streams, limits } = JSON.parse(process.argv[2] ?? '') as Told
const database = openDatabase(connectionString, { onIdleError: () => undefined })
const sealing = await openSealing({ database, dataDir, encryptionKey: undefined })
const engine = createEngine({
  database,
  sealing,
  clock: systemClock,
  log: silentLog,
  limits,
  workers: 2,
  logLevel: 'silent',
})
await engine.start()
const { runId } = await engine.requestRun(
  { sourceId, kind: 'full', trigger: 'cli', streams },
  { kind: 'cli', name: 'reader' },
)
await engine.waitForRun(runId)
