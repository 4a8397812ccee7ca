import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'

// Who holds a run: this process on this machine. A dead process on this machine is known at once; one elsewhere only by
// its silence.

/** Of this process; a number that is used again after a restart must not be taken for it. */
export const life = randomBytes(4).toString('hex')

export function ownerName(): string {
  return `${hostname()}/${process.pid}/${life}`
}

/** The life of a process, by the name of the owner. */
export function lifeOf(owner: string): string {
  return owner.split('/').at(-1) ?? ''
}

// Heartbeats come every two seconds.
const silentMs = 15_000

export function isAbandoned(owner: string | null, heartbeatAgeMs: number | null): boolean {
  if (owner === null || heartbeatAgeMs === null || heartbeatAgeMs > silentMs) return true
  const [host, pid] = owner.split('/')
  return host === hostname() && !isAlive(Number(pid))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, under another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
