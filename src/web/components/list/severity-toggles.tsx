import type { Severity } from '../../../domain/severity.ts'
import { severityLabels, worstFirst } from '../../lib/severity.ts'
import { SeverityMark } from '../severity-mark.tsx'
import styles from './filter-bar.module.css'

interface SeverityTogglesProps {
  readonly label: string
  readonly value: readonly Severity[]
  readonly onChange: (value: readonly Severity[]) => void
}

/** Severities on and off with one press each; none pressed is all of them. */
export function SeverityToggles({ label, value, onChange }: SeverityTogglesProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings a border and a legend that this row of buttons has no room for
    <div className={styles.toggles} role="group" aria-label={label}>
      {worstFirst.map(severity => {
        const isOn = value.includes(severity)
        return (
          <button
            key={severity}
            type="button"
            className={styles.toggle}
            aria-pressed={isOn}
            title={severityLabels[severity]}
            onClick={() => onChange(worstFirst.filter(one => (one === severity ? !isOn : value.includes(one))))}
          >
            <SeverityMark severity={severity} />
          </button>
        )
      })}
    </div>
  )
}
