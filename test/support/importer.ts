import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/platform/clock.ts'
import { silentLog } from '../../src/platform/log.ts'
import type { Database } from '../../src/store/database.ts'
import { Importer } from '../../src/sync/imports/importer.ts'

/** With a folder of its own, made when something is imported. */
export function testImporter(
  database: Database,
  folder = join(tmpdir(), `tenfold-imports-${randomBytes(6).toString('hex')}`),
): Importer {
  const maxBytes = 64 * 1024 * 1024
  return new Importer({ database, clock: systemClock, log: silentLog, logLevel: 'silent', folder, maxBytes })
}
