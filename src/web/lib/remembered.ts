import { useCallback, useSyncExternalStore } from 'react'

const listeners = new Set<() => void>()
// Kept here too: a browser that refuses storage still remembers until the page is closed.
const known = new Map<string, string>()

/** A choice of the person at this browser, kept between visits. */
export function useRemembered<T extends string>(name: string, allowed: readonly T[], initial: T) {
  const key = `tenfold.${name}`
  const stored = useSyncExternalStore(subscribe, () => read(key))
  const value = allowed.find(one => one === stored) ?? initial
  const remember = useCallback((next: T) => write(key, next), [key])
  return [value, remember] as const
}

export function readRemembered(name: string): string | undefined {
  return read(`tenfold.${name}`)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function read(key: string): string | undefined {
  const here = known.get(key)
  if (here !== undefined) return here
  try {
    return localStorage.getItem(key) ?? undefined
  } catch {
    return undefined
  }
}

function write(key: string, value: string): void {
  known.set(key, value)
  try {
    localStorage.setItem(key, value)
  } catch {
    // Refused: remembered until the page is closed.
  }
  for (const listener of listeners) listener()
}
