import { Link } from '@tanstack/react-router'
import type { ImportView } from '../../../contract/imports.ts'
import { Ago, At } from '../../components/instant.tsx'
import cards from '../../components/list/card.module.css'
import type { Column } from '../../components/list/column.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import { bytes, count, counted } from '../../lib/format.ts'
import { statusText } from './import-panel.tsx'

export const importColumns: readonly Column<ImportView>[] = [
  {
    id: 'file',
    header: 'File',
    cell: row => <ImportLink row={row} />,
    text: row => row.file_name,
  },
  {
    id: 'source',
    header: 'Source',
    width: 170,
    from: 760,
    cell: row => (
      <span title={row.source}>
        <OutsideName text={row.source} />
      </span>
    ),
    text: row => row.source,
  },
  { id: 'status', header: 'Status', width: 140, cell: row => statusText(row), text: row => statusText(row) },
  {
    id: 'observed_at',
    header: 'Speaks for',
    hint: 'The moment the file tells of',
    width: 160,
    from: 860,
    cell: row => (row.observed_at === null ? <span className="dim">–</span> : <At at={row.observed_at} />),
    text: row => row.observed_at,
  },
  {
    id: 'created_at',
    header: 'Brought',
    width: 108,
    cell: row => <Ago at={row.created_at} />,
    text: row => row.created_at,
  },
  {
    id: 'created_by',
    header: 'By',
    width: 120,
    from: 980,
    cell: row => (
      <span title={row.created_by}>
        <OutsideName text={row.created_by} />
      </span>
    ),
    text: row => row.created_by,
  },
  {
    id: 'rows',
    header: 'Rows',
    width: 84,
    isNumber: true,
    cell: row => count(row.rows_read),
    text: row => row.rows_read,
  },
  {
    id: 'format',
    header: 'Format',
    width: 130,
    isExtra: true,
    cell: row => row.format ?? <span className="dim">–</span>,
    text: row => row.format,
  },
  {
    id: 'size',
    header: 'Size',
    width: 84,
    isNumber: true,
    isExtra: true,
    cell: row => bytes(row.size_bytes),
    text: row => row.size_bytes,
  },
]

function ImportLink({ row }: { row: ImportView }) {
  return (
    <Link to="/imports" search={{ id: row.id }} data-row-link="" title={row.file_name}>
      <OutsideName text={row.file_name} />
    </Link>
  )
}

/** What matters of an import where there is no room for columns. */
export function ImportCard({ row }: { row: ImportView }) {
  return (
    <div>
      <div className={cards.title}>
        <ImportLink row={row} />
      </div>
      <div className={cards.line}>
        <span>{statusText(row)}</span>
        <span className="dim">
          <Ago at={row.created_at} />
        </span>
      </div>
      <div className={cards.line}>
        <OutsideName text={row.source} />
        <span>{counted(row.rows_read, 'row')}</span>
      </div>
    </div>
  )
}
