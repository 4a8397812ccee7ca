import { Link } from '@tanstack/react-router'
import type { ComplianceAssetView, ComplianceCheckView, ComplianceView } from '../../../contract/compliance.ts'
import { Ago } from '../../components/instant.tsx'
import cards from '../../components/list/card.module.css'
import type { Column } from '../../components/list/column.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import type { ComplianceSearch, ComplianceSort } from '../../lib/compliance-search.ts'
import { outcomeLabels } from '../../lib/compliance-search.ts'
import { count, counted } from '../../lib/format.ts'
import { Outcome, OutcomeBar } from './outcome.tsx'

export const checkColumns: readonly Column<ComplianceCheckView>[] = [
  { id: 'name', header: 'Check', cell: row => <CheckLink id={row.id} name={row.name} />, text: row => row.name },
  {
    id: 'counts',
    header: 'Outcomes',
    width: 256,
    cell: row => <OutcomeBar counts={row.counts} />,
    text: row => row.counts.failed,
  },
  {
    id: 'assets',
    header: 'Assets',
    width: 76,
    isNumber: true,
    from: 700,
    cell: row => count(row.assets),
    text: row => row.assets,
  },
  {
    id: 'audit_file',
    header: 'Audit file',
    width: 240,
    from: 980,
    cell: row => <OutsideName text={row.audit_file} />,
    text: row => row.audit_file,
  },
  {
    id: 'references',
    header: 'References',
    width: 190,
    from: 1200,
    cell: row => <References row={row} />,
    text: row => row.references.join('; '),
  },
  {
    id: 'last_seen',
    header: 'Last seen',
    width: 112,
    from: 860,
    cell: row => <Ago at={row.last_seen} />,
    text: row => row.last_seen,
  },
]

/** The results behind a number are those of the search that counted them. */
export function assetColumnsOf(search: ComplianceSearch): readonly Column<ComplianceAssetView>[] {
  return [
    {
      id: 'name',
      header: 'Asset',
      cell: row => (
        <Link to="/assets/tenable/$id" params={{ id: String(row.id) }} data-row-link="" title={row.name}>
          <OutsideName text={row.name} />
        </Link>
      ),
      text: row => row.name,
    },
    {
      id: 'counts',
      header: 'Outcomes',
      width: 300,
      cell: row => <OutcomeBar counts={row.counts} />,
      text: row => row.counts.failed,
    },
    {
      id: 'checks',
      header: 'Checks',
      width: 96,
      isNumber: true,
      from: 700,
      cell: row => (
        <Link to="/compliance/tenable" search={{ ...search, by: 'result', asset_id: [row.id] }}>
          {count(row.checks)}
        </Link>
      ),
      text: row => row.checks,
    },
    {
      id: 'source',
      header: 'Source',
      width: 160,
      from: 980,
      cell: row => <OutsideName text={row.source} />,
      text: row => row.source,
    },
    {
      id: 'last_seen',
      header: 'Last seen',
      width: 112,
      from: 860,
      cell: row => <Ago at={row.last_seen} />,
      text: row => row.last_seen,
    },
  ]
}

export const resultColumns: readonly Column<ComplianceView, ComplianceSort>[] = [
  {
    id: 'check',
    header: 'Check',
    cell: row => <CheckLink id={row.check.id} name={row.check.name} />,
    text: row => row.check.name,
  },
  {
    id: 'state',
    header: 'Outcome',
    width: 104,
    cell: row => <Outcome state={row.state} />,
    text: row => outcomeLabels[row.state],
  },
  {
    id: 'asset_id',
    header: 'Asset',
    width: 220,
    isSortable: true,
    cell: row => (
      <Link to="/assets/tenable/$id" params={{ id: String(row.asset.id) }} title={row.asset.name}>
        <OutsideName text={row.asset.name} />
      </Link>
    ),
    text: row => row.asset.name,
  },
  {
    id: 'actual',
    header: 'Found',
    width: 170,
    from: 980,
    cell: row => <Value text={row.actual_value} />,
    text: row => row.actual_value,
  },
  {
    id: 'expected',
    header: 'Expected',
    width: 170,
    from: 1180,
    cell: row => <Value text={row.expected_value} />,
    text: row => row.expected_value,
  },
  {
    id: 'last_seen',
    header: 'Last seen',
    width: 112,
    isSortable: true,
    highFirst: true,
    from: 760,
    cell: row => <Ago at={row.last_seen} />,
    text: row => row.last_seen,
  },
]

export function CheckCard({ row }: { row: ComplianceCheckView }) {
  return (
    <div>
      <div className={cards.title}>
        <span>
          <CheckLink id={row.id} name={row.name} />
        </span>
      </div>
      <OutcomeBar counts={row.counts} />
      <div className={cards.line}>
        <span className="dim">
          <OutsideName text={row.audit_file} />
        </span>
        <span className="dim nowrap">{counted(row.assets, 'asset')}</span>
      </div>
    </div>
  )
}

export function ComplianceAssetCard({ row }: { row: ComplianceAssetView }) {
  return (
    <div>
      <div className={cards.title}>
        <span>
          <Link to="/assets/tenable/$id" params={{ id: String(row.id) }} data-row-link="">
            <OutsideName text={row.name} />
          </Link>
        </span>
      </div>
      <OutcomeBar counts={row.counts} />
      <div className={cards.line}>
        <span className="dim">{counted(row.checks, 'check')}</span>
        <span className="dim">
          <Ago at={row.last_seen} />
        </span>
      </div>
    </div>
  )
}

export function ResultCard({ row }: { row: ComplianceView }) {
  return (
    <div>
      <div className={cards.title}>
        <span>
          <CheckLink id={row.check.id} name={row.check.name} />
        </span>
      </div>
      <div className={cards.line}>
        <span>
          <Outcome state={row.state} /> <OutsideName text={row.asset.name} />
        </span>
        <span className="dim">
          <Ago at={row.last_seen} />
        </span>
      </div>
    </div>
  )
}

function CheckLink({ id, name }: { id: number; name: string }) {
  return (
    <Link
      to="/compliance/tenable/$id"
      params={{ id: String(id) }}
      search={true}
      resetScroll={false}
      data-row-link=""
      title={name}
    >
      <OutsideName text={name} />
    </Link>
  )
}

function References({ row }: { row: ComplianceCheckView }) {
  const [first, ...rest] = row.references
  if (first === undefined) return <span className="dim">–</span>
  return (
    <span title={row.references.join('\n')}>
      <OutsideName text={first} />
      {rest.length > 0 && <span className="dim"> +{rest.length}</span>}
    </span>
  )
}

function Value({ text }: { text: string | null }) {
  if (text === null) return <span className="dim">–</span>
  return (
    <span className="mono" title={text}>
      <OutsideName text={text} />
    </span>
  )
}
