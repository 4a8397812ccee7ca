/** The tenant's own clock, in milliseconds since 1970. */
export interface SimulatorClock {
  now(): number
  advance(ms: number): void
}

export function virtualClock(startMs: number): SimulatorClock {
  let now = startMs
  return {
    now: () => now,
    advance: ms => {
      now += ms
    },
  }
}

/** Runs on by itself from `startMs`; `advance` jumps ahead. */
export function realClock(startMs: number): SimulatorClock {
  let offset = startMs - Date.now()
  return {
    now: () => Date.now() + offset,
    advance: ms => {
      offset += ms
    },
  }
}

export const minuteMs = 60_000
export const hourMs = 3_600_000
export const dayMs = 86_400_000

/** ISO 8601 with milliseconds, or undefined for an instant that is not set (0). */
export function isoOrUndefined(ms: number): string | undefined {
  return ms === 0 ? undefined : new Date(ms).toISOString()
}

export function isoOrNull(ms: number): string | null {
  return ms === 0 ? null : new Date(ms).toISOString()
}

export function iso(ms: number): string {
  return new Date(ms).toISOString()
}
