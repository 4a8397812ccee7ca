import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import process from 'node:process'
import type { DataFolder } from './data-folder.ts'

/**
 * Ends what a killed server has left running on its data. A session that is busy computing does not notice that its
 * server has gone, and holds the data until it is done; its work cannot be committed any more.
 *
 * Only where the system tells which folder a process works in (Linux, with the right to look); elsewhere they end by
 * themselves, later.
 */
export function endOrphans(place: DataFolder): void {
  for (const pid of processes()) {
    try {
      if (readlinkSync(`/proc/${pid}/cwd`) !== place.cluster) continue
      if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres') process.kill(pid, 'SIGQUIT')
    } catch {
      // It has ended, or is none of ours.
    }
  }
}

function processes(): readonly number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}
