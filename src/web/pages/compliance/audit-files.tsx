import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Empty } from '../../components/empty.tsx'
import { ExportMenu } from '../../components/list/export-menu.tsx'
import { FilterBar } from '../../components/list/filter-bar.tsx'
import { ListSkeleton } from '../../components/list/skeleton.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { api } from '../../lib/api.ts'
import { complianceStatisticsQuery } from '../../lib/compliance-queries.ts'
import {
  type ComplianceSearch,
  complianceFields,
  complianceFilterOf,
  complianceWords,
  readComplianceSearch,
} from '../../lib/compliance-search.ts'
import { count } from '../../lib/format.ts'
import styles from './compliance.module.css'
import { OutcomeBar } from './outcome.tsx'

/** One row for each audit file. */
export function AuditFiles({ search }: { search: ComplianceSearch }) {
  const query = useQuery(complianceStatisticsQuery(search))
  const navigate = useNavigate()
  const filter = complianceFilterOf(search)
  const { by, as_of } = search
  return (
    <>
      <FilterBar
        fields={complianceFields}
        queryFields={complianceWords}
        filter={filter}
        onChange={next =>
          void navigate({ to: '/compliance/tenable', search: readComplianceSearch({ ...next, by, as_of }) })
        }
        searchLabel="Check, audit file or reference"
        actions={
          <ExportMenu
            label="Export audit files"
            isMain
            href={format => api.url('exportCompliance', { query: { ...filter, format, group: 'audit_file' } })}
          />
        }
      />
      <QueryView
        query={query}
        skeleton={<ListSkeleton rows={4} />}
        isEmpty={data => data.by_audit_file.length === 0}
        empty={<Empty title="No audit file has results that match." />}
      >
        {data => (
          <PlainTable
            label="Audit files"
            className={styles.files}
            columns={['Audit file', ['Checks'], ['Assets'], 'Outcomes']}
          >
            {data.by_audit_file.map(file => (
              <tr key={file.audit_file}>
                <td data-label="Audit file">
                  <Link to="/compliance/tenable" search={{ ...filter, audit_file: [file.audit_file] }}>
                    <OutsideName text={file.audit_file} />
                  </Link>
                </td>
                <td data-label="Checks" className="number">
                  <Link to="/compliance/tenable" search={{ ...filter, audit_file: [file.audit_file] }}>
                    {count(file.checks)}
                  </Link>
                </td>
                <td data-label="Assets" className="number">
                  <Link to="/compliance/tenable" search={{ ...filter, audit_file: [file.audit_file], by: 'asset' }}>
                    {count(file.assets)}
                  </Link>
                </td>
                <td data-label="Outcomes">
                  <OutcomeBar counts={file.counts} />
                </td>
              </tr>
            ))}
          </PlainTable>
        )}
      </QueryView>
    </>
  )
}
