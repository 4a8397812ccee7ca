import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/platform/clock.ts'
import { silentLog } from '../../src/platform/log.ts'
import type { Database } from '../../src/store/database.ts'
import { Maintenance } from '../../src/store/maintenance/maintenance.ts'

/** With an archive folder of its own, made when something is archived. */
export function testMaintenance(
  database: Database,
  folder = join(tmpdir(), `tenfold-archive-${randomBytes(6).toString('hex')}`),
): Maintenance {
  return new Maintenance({ database, log: silentLog, clock: systemClock, programVersion: '0.0.0', folder })
}
