import { Button, Select, Skeleton } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { Pair } from '../../../contract/reconciliation.ts'
import { Ago, At } from '../../components/instant.tsx'
import { Notice } from '../../components/notice.tsx'
import { PageFrame } from '../../components/page.tsx'
import { PageTabs } from '../../components/page-tabs.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { api } from '../../lib/api.ts'
import { count, counted } from '../../lib/format.ts'
import { reconciliationQuery } from '../../lib/reconciliation-queries.ts'
import type { ReconciliationTab } from '../../lib/reconciliation-search.ts'
import { useHasRole } from '../../lib/session.ts'
import { CountsPanel } from './counts-panel.tsx'
import { CutoverHistory } from './cutover-history.tsx'
import { CutoverPanel } from './cutover-panel.tsx'
import { Differences } from './differences.tsx'
import { PairForm } from './pair-form.tsx'
import { QualityPanel } from './quality-panel.tsx'
import styles from './reconciliation.module.css'

const route = getRouteApi('/reconciliation')

const tabs: readonly (readonly [tab: ReconciliationTab, label: string])[] = [
  ['differences', 'Differences'],
  ['counts', 'Tenable’s own count'],
  ['quality', 'Data quality'],
  ['cutovers', 'Sign-offs'],
]

/** From files to the API: what differs and why, how complete the data is, and the sign-off. */
export function ReconciliationPage() {
  const search = route.useSearch()
  const query = useQuery(reconciliationQuery)
  const pair = query.data && (query.data.items.find(one => one.id === search.pair) ?? query.data.items[0])
  const tab = search.tab ?? 'differences'
  return (
    <PageFrame
      title="Reconciliation"
      sentence={pair ? <Sentence pair={pair} /> : 'Files and the API beside each other: what differs, and why.'}
      context={pair?.comparison && <Moments pair={pair} />}
    >
      <QueryView query={query} skeleton={<Skeleton height={320} />}>
        {data => (
          <div className={styles.stack}>
            {pair ? <Head pair={pair} pairs={data.items} /> : <PairForm canPair={data.can_pair} isFirst />}
            <PageTabs label="Parts of the reconciliation">
              {tabs.map(([name, label]) => (
                <Link
                  key={name}
                  to="/reconciliation"
                  search={{ ...(pair ? { pair: pair.id } : {}), ...(name === 'differences' ? {} : { tab: name }) }}
                  activeOptions={{ exact: true }}
                  aria-current={tab === name ? 'page' : undefined}
                >
                  {label}
                </Link>
              ))}
            </PageTabs>
            {tab === 'differences' && pair && (
              <>
                <CutoverPanel pair={pair} />
                <Differences pair={pair} search={search} />
                <PairForm canPair={data.can_pair} />
              </>
            )}
            {tab === 'counts' && <CountsPanel sources={data.can_pair.api} preferred={pair?.api_source_id} />}
            {tab === 'quality' && <QualityPanel pair={pair} />}
            {tab === 'cutovers' && <CutoverHistory />}
          </div>
        )}
      </QueryView>
    </PageFrame>
  )
}

function Sentence({ pair }: { pair: Pair }) {
  const { comparison } = pair
  if (!comparison?.findings) return `${pair.files_source} and ${pair.api_source} were not compared yet.`
  const { findings, open } = comparison
  const differing = findings.only_files + findings.only_api + findings.severity + findings.state
  if (differing === 0) return `${count(findings.agreed)} findings, and the two agree on each.`
  const unexplained = open === 1 ? 'one has no explanation' : `${count(open ?? 0)} have no explanation`
  const verdict = open === 0 ? 'each is explained' : unexplained
  return `The two agree on ${counted(findings.agreed, 'finding')} and differ in ${count(differing)}: ${verdict}.`
}

function Moments({ pair }: { pair: Pair }) {
  const { comparison } = pair
  if (!comparison) return null
  return (
    <>
      compared <Ago at={comparison.finished_at} />
      {comparison.files_at !== null && (
        <>
          {' · files speak for '}
          <At at={comparison.files_at} />
        </>
      )}
      {comparison.api_at !== null && (
        <>
          {' · API read up to '}
          <At at={comparison.api_at} />
        </>
      )}
    </>
  )
}

function Head({ pair, pairs }: { pair: Pair; pairs: readonly Pair[] }) {
  const navigate = route.useNavigate()
  const mayAct = useHasRole('operator')
  const client = useQueryClient()
  const start = useMutation({
    mutationFn: () => api.call('startComparison', { body: { pair_id: pair.id } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['reconciliation'] }),
  })
  const isRunning = pair.latest?.status === 'running'
  return (
    <div className={styles.part}>
      <div className={styles.acts}>
        <Select
          label="Files and API source"
          data={pairs.map(one => ({ value: String(one.id), label: `${one.files_source} ⇄ ${one.api_source}` }))}
          value={String(pair.id)}
          allowDeselect={false}
          w={320}
          maw="100%"
          onChange={value =>
            value &&
            void navigate({ search: before => ({ ...(before.tab ? { tab: before.tab } : {}), pair: Number(value) }) })
          }
        />
        {mayAct && (
          <Button variant="default" loading={start.isPending || isRunning} onClick={() => start.mutate()}>
            Compare now
          </Button>
        )}
      </div>
      {start.error && <ProblemView error={start.error} />}
      {pair.latest?.status === 'failed' && (
        <Notice tone="warn" title="The last comparison did not come to its end">
          {pair.latest.error_message}
        </Notice>
      )}
    </div>
  )
}
