import type { RunDetail } from '../../../contract/sync.ts'
import { Section } from '../../components/details-panel.tsx'
import { Ago } from '../../components/instant.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { count } from '../../lib/format.ts'
import { chunksDone, streamStatusLabels } from '../../lib/runs.ts'
import styles from './sync.module.css'

/** What each stream of a run read. */
export function RunStreams({ run }: { run: Pick<RunDetail, 'streams'> }) {
  return (
    <Section title="Streams">
      <PlainTable
        label="Streams"
        className={styles.short}
        columns={['Stream', 'Status', 'Asked from', ['Read'], ['New'], ['Changed'], ['Rejected']]}
      >
        {run.streams.map(stream => (
          <tr key={stream.stream}>
            <td data-label="Stream">{stream.stream}</td>
            <td data-label="Status">
              <div>
                {streamStatusLabels[stream.status]}
                <div className="dim nowrap">{chunksDone(stream)}</div>
                {stream.error_message !== null && <OutsideName text={stream.error_message} />}
              </div>
            </td>
            <td data-label="Asked from" className="nowrap">
              <Ago at={stream.since} fallback="the beginning" />
            </td>
            <td data-label="Read" className="number">
              {count(stream.counts.received)}
            </td>
            <td data-label="New" className="number">
              {count(stream.counts.inserted)}
            </td>
            <td data-label="Changed" className="number">
              {count(stream.counts.changed)}
            </td>
            <td data-label="Rejected" className="number">
              {count(stream.counts.rejected)}
            </td>
          </tr>
        ))}
      </PlainTable>
    </Section>
  )
}
