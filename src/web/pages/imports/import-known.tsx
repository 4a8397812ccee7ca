import type { ImportView } from '../../../contract/imports.ts'
import { PlainTable } from '../../components/plain-table.tsx'
import { count, counted } from '../../lib/format.ts'
import { factLabels, markLabels } from '../../lib/known-facts.ts'
import styles from './imports.module.css'

/** How well the facts of an import are known, and what it has of the past. */
export function ImportKnown({ view }: { view: ImportView }) {
  return (
    <>
      {view.past !== null && <Past past={view.past} />}
      {view.confidence.length > 0 && (
        <section aria-label="How well it is known" className={styles.part}>
          <h3 className={styles.heading}>How well it is known</h3>
          <p className={styles.said}>
            Exact: as it was seen. Derived: worked out from what was seen. Guessed: taken for want of better. Each
            finding keeps its own marks.
          </p>
          <PlainTable
            label="How well the facts of its findings are known"
            className={styles.table}
            columns={['Fact', 'Known', ['Findings'], 'Why']}
          >
            {view.confidence.map(({ fact, mark, findings, why }) => (
              <tr key={`${fact} ${mark} ${why}`}>
                <td data-label="Fact">{factLabels[fact] ?? fact}</td>
                <td data-label="Known">{markLabels[mark]}</td>
                <td data-label="Findings" className="number">
                  {count(findings)}
                </td>
                <td data-label="Why" className={styles.outside}>
                  {why}
                </td>
              </tr>
            ))}
          </PlainTable>
        </section>
      )}
    </>
  )
}

function Past({ past }: { past: NonNullable<ImportView['past']> }) {
  const days = past.snapshots.map(snapshot => `${snapshot.day} (${counted(snapshot.findings, 'finding')})`)
  return (
    <section aria-label="What it has of the past" className={styles.part}>
      <h3 className={styles.heading}>What it has of the past</h3>
      <ul className={styles.list}>
        <li>
          {past.total_days === 0
            ? 'No totals of days.'
            : `Totals of ${counted(past.total_days, 'day')}, from ${past.first_day} to ${past.last_day}, exactly as HexTrackr made them. Trends show them apart from ours, before our first reading.`}
        </li>
        <li>
          {days.length === 0
            ? 'No snapshots.'
            : `${counted(days.length, 'snapshot')}: ${days.join(', ')}. Lists of these days show what was open on them.`}
        </li>
      </ul>
    </section>
  )
}
