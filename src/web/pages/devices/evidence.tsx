import type { DeviceLink } from '../../../contract/devices.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import { byWeight, confidenceText, evidenceWords, weightText } from '../../lib/device-words.ts'
import styles from './devices.module.css'

/** What speaks for one device and against it, each thing with its weight. */
export function EvidenceList({ evidence }: { evidence: DeviceLink['evidence'] }) {
  return (
    <ul className={styles.evidence} aria-label="Evidence">
      {byWeight(evidence).map(one => (
        <li key={`${one.kind} ${one.value}`} data-against={one.weight < 0 || undefined}>
          <span className={styles.weight}>{weightText(one.weight)}</span>
          <span>{evidenceWords(one)}</span>
          {one.value !== null && (
            <span className="mono dim">
              <OutsideName text={one.value} />
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}

/** In words and as a bar: how sure it is. */
export function Confidence({ value }: { value: number | null }) {
  if (value === null) return <span className="dim">–</span>
  return (
    <span className={styles.confidence}>
      <span className={styles.meter} aria-hidden="true">
        <span style={{ width: `${value * 100}%` }} />
      </span>
      {confidenceText(value)}
    </span>
  )
}
