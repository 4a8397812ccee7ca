import type { RunStatus } from '../../contract/sync.ts'
import { runStatusLabels } from '../lib/runs.ts'

const colours = {
  pending: 'var(--mantine-color-dimmed)',
  running: 'var(--mark)',
  completed: 'var(--good)',
  partial: 'var(--warn)',
  failed: 'var(--bad)',
  cancelled: 'var(--mantine-color-dimmed)',
} as const satisfies Record<RunStatus, string>

const signs = {
  pending: <circle cx="6" cy="6" r="4.5" />,
  running: <path d="M6 1.5a4.5 4.5 0 1 1-4.5 4.5" />,
  completed: <path d="m2 6.5 3 3 5-6.5" />,
  partial: <path d="M6 1.5 11 10.5H1zM6 5v2.5" />,
  failed: <path d="m2.5 2.5 7 7M9.5 2.5l-7 7" />,
  cancelled: <path d="M2.5 6h7" />,
} as const satisfies Record<RunStatus, unknown>

export function RunStatusLabel({ status, isStopping = false }: { status: RunStatus; isStopping?: boolean }) {
  return (
    <span className="sign">
      <svg
        width="12"
        height="12"
        viewBox="0 0 12 12"
        fill="none"
        stroke={colours[status]}
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        style={{ flex: 'none' }}
      >
        {signs[status]}
      </svg>
      {isStopping ? 'Stopping' : runStatusLabels[status]}
    </span>
  )
}
