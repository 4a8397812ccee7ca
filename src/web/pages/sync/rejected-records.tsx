import { useInfiniteQuery } from '@tanstack/react-query'
import type { RejectedView } from '../../../contract/sync.ts'
import { OutsideName, OutsideText } from '../../components/outside-text.tsx'
import { api } from '../../lib/api.ts'
import { rejectedQuery } from '../../lib/queries.ts'
import type { RecordKind } from './record-list.tsx'
import { RecordCard, recordColumns } from './record-parts.tsx'
import styles from './sync.module.css'

/** Records that could not be read, kept whole, with the reason. */
export const rejectedRecords: RecordKind<RejectedView> = {
  page: 'rejected',
  label: 'Rejected records',
  nouns: ['record', 'records'],
  searched: 'Part of the reason',
  none: ['No rejected records.', 'Every record of every run could be read.'],
  file: { label: 'Export rejected records', what: 'Every record of this filter, as it came' },
  useRecords: filter => useInfiniteQuery(rejectedQuery(filter)),
  href: (filter, format) => api.url('exportRejected', { query: { ...filter, format } }),
  rowName: row => `record ${row.id}: ${row.reason}`,
  columns: [
    {
      id: 'reason',
      header: 'Reason',
      cell: row => (
        <span title={row.reason}>
          <OutsideName text={row.reason} />
        </span>
      ),
      text: row => row.reason,
    },
    recordColumns.stream,
    recordColumns.source,
    recordColumns.run,
    {
      id: 'chunk',
      header: 'Chunk',
      width: 110,
      from: 900,
      cell: row => <OutsideName text={row.part_id} />,
      text: row => row.part_id,
    },
    {
      id: 'export',
      header: 'Export',
      width: 190,
      isExtra: true,
      cell: row => (
        <span className="mono" title={row.export_id}>
          <OutsideName text={row.export_id} />
        </span>
      ),
      text: row => row.export_id,
    },
    recordColumns.recordedAt,
  ],
  card: row => <RecordCard row={row} title={<OutsideName text={row.reason} />} />,
  expansion: {
    label: row => `Record ${row.id} as received`,
    content: row => (
      <>
        <p className={styles.asReceived}>
          <OutsideName text={row.reason} />. From export <span className="mono">{row.export_id}</span>, chunk{' '}
          <OutsideName text={row.part_id} />. As received:
        </p>
        <OutsideText label="Record as received" text={row.raw} />
      </>
    ),
  },
}
