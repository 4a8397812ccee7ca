import { useSyncExternalStore } from 'react'

// One clock for the whole page: every "14 min ago" moves in the same tick, and a wrong clock on this computer does not
// make fresh figures look old.
const tickMs = 10_000
let skewMs = 0
let nowMs = Date.now()
let timer: number | undefined
const listeners = new Set<() => void>()

/** @param serverAt the server's clock, just received */
export function followServerClock(serverAt: string): void {
  const difference = Date.parse(serverAt) - Date.now()
  // Below this it is the network, not the clock.
  skewMs = Math.abs(difference) > 5_000 ? difference : 0
}

export function serverNow(): number {
  return Date.now() + skewMs
}

/** Now on the server's clock, in milliseconds, moving every few seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (timer === undefined) {
    tick()
    timer = window.setInterval(tick, tickMs)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    window.clearInterval(timer)
    timer = undefined
  }
}

function tick(): void {
  nowMs = serverNow()
  for (const listener of listeners) listener()
}
