import type { EndCause, FindingState } from '../../domain/finding.ts'

const labels = { open: 'Open', reopened: 'Reopened', fixed: 'Fixed' } as const satisfies Record<FindingState, string>

export const endCauseLabels = {
  asset_gone: 'the asset is gone',
  withdrawn: 'the source no longer reports it',
  superseded: 'a newer scan replaced it',
  out_of_scope: 'out of the scope of its source',
} as const satisfies Record<EndCause, string>

interface StateLabelProps {
  readonly state: FindingState
  /** It stopped counting without a fix: the state is struck through. */
  readonly endCause?: EndCause | null
}

/** Open is filled, reopened half, fixed outlined. */
export function StateLabel({ state, endCause = null }: StateLabelProps) {
  const colour = state === 'fixed' ? 'var(--good)' : 'currentColor'
  return (
    <span className="sign">
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true" style={{ flex: 'none' }}>
        <circle cx="5" cy="5" r="4" fill={state === 'open' ? colour : 'none'} stroke={colour} strokeWidth="1.5" />
        {state === 'reopened' && <path d="M5 1a4 4 0 0 1 0 8z" fill={colour} />}
      </svg>
      {endCause === null ? (
        labels[state]
      ) : (
        <span title={`No longer counted: ${endCauseLabels[endCause]}`}>
          <s>{labels[state]}</s> ended
        </span>
      )}
    </span>
  )
}
