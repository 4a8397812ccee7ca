export type FreshnessState = 'fresh' | 'stale' | 'running' | 'never' | 'off'

const colours = {
  fresh: 'var(--good)',
  stale: 'var(--warn)',
  running: 'var(--mark)',
  never: 'var(--mantine-color-dimmed)',
  off: 'var(--mantine-color-dimmed)',
} as const satisfies Record<FreshnessState, string>

/** Fresh is a full dot, stale a triangle, running a half dot, never an empty one. The words stand beside it. */
export function FreshnessDot({ state }: { state: FreshnessState }) {
  const colour = colours[state]
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" style={{ flex: 'none' }}>
      {state === 'stale' ? (
        <path d="M6 1 11.5 11H.5z" fill={colour} />
      ) : (
        <circle cx="6" cy="6" r="4.5" fill={state === 'fresh' ? colour : 'none'} stroke={colour} strokeWidth="1.6" />
      )}
      {state === 'running' && <path d="M6 1.5a4.5 4.5 0 0 1 0 9z" fill={colour} />}
      {state === 'off' && <path d="M2.5 9.5l7-7" stroke={colour} strokeWidth="1.6" />}
    </svg>
  )
}
