import { Tooltip } from '@mantine/core'
import { useId } from 'react'
import { OutsideName } from '../../components/outside-text.tsx'
import { type CvssMetric, type CvssVersion, metricsOf } from '../../lib/cvss.ts'
import { score } from '../../lib/format.ts'
import styles from './plugin-facts.module.css'

interface CvssVectorProps {
  readonly version: CvssVersion
  readonly base: number | null
  readonly temporal?: number | null
  readonly vector: string | null
}

/** A score and its vector in words; what each metric asks is told on hover, to the keyboard and aloud. */
export function CvssVector({ version, base, temporal = null, vector }: CvssVectorProps) {
  if (base === null && vector === null) return null
  return (
    <div className={styles.cvss}>
      <div>
        <strong>CVSS v{version}</strong> {score(base)}
        {temporal !== null && <span className="dim">, temporal {score(temporal)}</span>}
      </div>
      {vector !== null && (
        <>
          <ul className={styles.metrics} aria-label={`CVSS v${version} vector in words`}>
            {metricsOf(vector, version).map(metric => (
              <li key={metric.code}>
                <Metric metric={metric} />
              </li>
            ))}
          </ul>
          <div className="mono dim" style={{ overflowWrap: 'anywhere' }}>
            <OutsideName text={vector} />
          </div>
        </>
      )}
    </div>
  )
}

function Metric({ metric }: { metric: CvssMetric }) {
  const id = useId()
  return (
    <>
      <Tooltip label={`${metric.about} (${metric.code})`} events={{ hover: true, focus: true, touch: true }}>
        <button type="button" className={styles.metric} aria-describedby={id}>
          <span className="dim">
            <OutsideName text={metric.name} />:
          </span>{' '}
          <OutsideName text={metric.value} />
        </button>
      </Tooltip>
      <span id={id} hidden>
        {metric.about} ({metric.code})
      </span>
    </>
  )
}
