import { useInfiniteQuery } from '@tanstack/react-query'
import type { QualityIssueView } from '../../../contract/sync.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import { api } from '../../lib/api.ts'
import { qualityIssuesQuery } from '../../lib/queries.ts'
import type { RecordKind } from './record-list.tsx'
import { RecordCard, recordColumns } from './record-parts.tsx'

/** Records that were kept though something in them is impossible. */
export const qualityRecords: RecordKind<QualityIssueView> = {
  page: 'quality',
  label: 'Odd records',
  nouns: ['oddity', 'oddities'],
  searched: 'Part of the field, problem or record',
  none: ['No odd records.', 'Nothing impossible was found in what was read.'],
  file: { label: 'Export odd records', what: 'Every oddity of this filter' },
  useRecords: filter => useInfiniteQuery(qualityIssuesQuery(filter)),
  href: (filter, format) => api.url('exportQualityIssues', { query: { ...filter, format } }),
  rowName: row => `${row.field} of ${row.record}`,
  columns: [
    {
      id: 'field',
      header: 'Field',
      width: 170,
      cell: row => (
        <span className="mono" title={row.field}>
          {row.field}
        </span>
      ),
      text: row => row.field,
    },
    {
      id: 'problem',
      header: 'Problem',
      cell: row => (
        <span title={row.problem}>
          <OutsideName text={row.problem} />
        </span>
      ),
      text: row => row.problem,
    },
    {
      id: 'record',
      header: 'Record',
      width: 260,
      from: 700,
      cell: row => (
        <span title={row.record}>
          <OutsideName text={row.record} />
        </span>
      ),
      text: row => row.record,
    },
    recordColumns.stream,
    recordColumns.source,
    recordColumns.run,
    recordColumns.recordedAt,
  ],
  card: row => (
    <RecordCard
      row={row}
      title={
        <>
          <span className="mono">{row.field}</span>: <OutsideName text={row.problem} />
        </>
      }
    >
      <OutsideName text={row.record} />
    </RecordCard>
  ),
}
