import { Button, Select, Skeleton } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Empty } from '../../components/empty.tsx'
import { Ago } from '../../components/instant.tsx'
import { Notice } from '../../components/notice.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { Panel } from '../../components/panel.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { SeverityLabel } from '../../components/severity-mark.tsx'
import { api } from '../../lib/api.ts'
import { count } from '../../lib/format.ts'
import { countsQuery } from '../../lib/reconciliation-queries.ts'
import { useHasRole } from '../../lib/session.ts'
import styles from './reconciliation.module.css'

interface CountsPanelProps {
  readonly sources: readonly { readonly id: number; readonly name: string; readonly counts: boolean }[]
  readonly preferred: number | undefined
}

/** What Tenable counts itself, held against the mirror on the same terms. */
export function CountsPanel({ sources, preferred }: CountsPanelProps) {
  const counting = sources.filter(source => source.counts)
  const [chosen, setChosen] = useState<string | null>(null)
  const usual = counting.find(source => source.id === preferred) ?? counting[0]
  if (!usual) return <Empty title="No source counts of itself.">Tenable Vulnerability Management does.</Empty>
  const sourceId = chosen === null ? usual.id : Number(chosen)
  return (
    <Panel title="Tenable’s own count">
      <div className={styles.part}>
        <div>Open findings of licensed assets, as Tenable’s workbench counts them and as the mirror does.</div>
        <div className={styles.acts}>
          <Select
            label="Source"
            data={counting.map(source => ({ value: String(source.id), label: source.name }))}
            value={String(sourceId)}
            allowDeselect={false}
            onChange={setChosen}
          />
          <Ask sourceId={sourceId} />
        </div>
        <Counted sourceId={sourceId} />
      </div>
    </Panel>
  )
}

function Ask({ sourceId }: { sourceId: number }) {
  const mayAct = useHasRole('operator')
  const client = useQueryClient()
  const ask = useMutation({
    mutationFn: () => api.call('startComparison', { body: { source_id: sourceId } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['reconciliation', 'counts'] }),
  })
  if (!mayAct) return null
  return (
    <>
      <Button variant="default" loading={ask.isPending} onClick={() => ask.mutate()}>
        Ask Tenable now
      </Button>
      {ask.error && <ProblemView error={ask.error} />}
    </>
  )
}

function Counted({ sourceId }: { sourceId: number }) {
  const query = useQuery(countsQuery(sourceId))
  return (
    <QueryView
      query={query}
      skeleton={<Skeleton height={160} />}
      isEmpty={data => data.comparison === null}
      empty={<Empty title="It was not asked yet." />}
    >
      {({ comparison, differences }) => (
        <>
          {comparison?.status === 'failed' && (
            <Notice tone="warn" title="It could not be compared">
              {comparison.error_message}
            </Notice>
          )}
          {comparison?.severities && (
            <>
              <p className="dim">
                Asked <Ago at={comparison.finished_at} />
              </p>
              <PlainTable
                label="Open findings by severity"
                className={styles.table}
                columns={['Severity', ['Tenable'], ['Mirror'], ['Difference']]}
              >
                {comparison.severities.map(one => (
                  <tr key={one.severity}>
                    <td data-label="Severity">
                      <SeverityLabel severity={one.severity} />
                    </td>
                    <td data-label="Tenable" className="number">
                      {one.is_partial ? `more than ${count(one.source)}` : count(one.source)}
                    </td>
                    <td data-label="Mirror" className="number">
                      {count(one.mirror)}
                    </td>
                    <td data-label="Difference" className="number">
                      {one.is_partial ? 'not compared' : count(one.mirror - one.source)}
                    </td>
                  </tr>
                ))}
              </PlainTable>
              {differences.length === 0 ? (
                <p>They agree on every plugin.</p>
              ) : (
                <PlainTable
                  label="Plugins counted differently"
                  className={styles.table}
                  columns={['Plugin', 'Severity', ['Tenable'], ['Mirror'], 'Cause', 'Evidence']}
                >
                  {differences.map(row => (
                    <tr key={row.no}>
                      <td data-label="Plugin" className={styles.outside}>
                        <OutsideName text={row.plugin ?? 'no name'} /> ({row.plugin_id})
                      </td>
                      <td data-label="Severity">{row.severity && <SeverityLabel severity={row.severity} />}</td>
                      <td data-label="Tenable" className="number">
                        {count(row.files_count ?? 0)}
                      </td>
                      <td data-label="Mirror" className="number">
                        {count(row.api_count ?? 0)}
                      </td>
                      <td data-label="Cause">{row.cause_name}</td>
                      <td data-label="Evidence" className={styles.reason}>
                        {row.reason}
                      </td>
                    </tr>
                  ))}
                </PlainTable>
              )}
            </>
          )}
        </>
      )}
    </QueryView>
  )
}
