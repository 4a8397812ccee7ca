import { Skeleton } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { ComplianceCheckAnswer, ComplianceCheckDetail, ComplianceView } from '../../../contract/compliance.ts'
import { DetailsPanel, Section } from '../../components/details-panel.tsx'
import { Facts } from '../../components/facts.tsx'
import { Ago } from '../../components/instant.tsx'
import { ExportMenu } from '../../components/list/export-menu.tsx'
import { LoadMore, type More } from '../../components/list/load-more.tsx'
import { OutsideName, OutsideText } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { Reference } from '../../components/reference.tsx'
import { api } from '../../lib/api.ts'
import { checkDaysQuery, complianceCheckQuery } from '../../lib/compliance-queries.ts'
import { outcomeLabels } from '../../lib/compliance-search.ts'
import { counted } from '../../lib/format.ts'
import { rowsOf } from '../../lib/queries.ts'
import styles from './compliance.module.css'
import { DaysCsv, DaysView } from './days-panel.tsx'
import { Outcome, OutcomeBar } from './outcome.tsx'

const route = getRouteApi('/compliance/tenable/$id')
const page = getRouteApi('/compliance/tenable')

export function CheckDetails() {
  const { id } = route.useParams()
  const { as_of: asOf } = page.useSearch()
  const navigate = useNavigate()
  const query = useInfiniteQuery(complianceCheckQuery(id, asOf))
  const check = query.data?.pages[0]?.check
  return (
    <DetailsPanel
      subject={id}
      title={check === undefined ? 'Check' : <OutsideName text={check.name} />}
      onClose={() => void navigate({ to: '/compliance/tenable', search: true, resetScroll: false })}
    >
      <QueryView query={query} skeleton={<Skeleton height={320} />}>
        {data => <Check pages={data.pages} more={query} asOf={asOf} />}
      </QueryView>
    </DetailsPanel>
  )
}

interface CheckProps {
  readonly pages: readonly ComplianceCheckAnswer[]
  readonly more: More
  readonly asOf: string | undefined
}

function Check({ pages, more, asOf }: CheckProps) {
  const check = pages[0]!.check
  const { rows } = rowsOf({ pages })
  return (
    <div style={{ display: 'flex', flexDirection: 'column', gap: 18 }}>
      <div>
        <p style={{ margin: '0 0 8px' }}>
          {counted(check.assets, 'asset')} {asOf === undefined ? 'checked' : `checked by the end of ${asOf}`}, last seen{' '}
          <Ago at={check.last_seen} fallback="at an unknown time" />.
        </p>
        <OutcomeBar counts={check.counts} />
      </div>
      <Texts check={check} />
      <CheckDays id={String(check.id)} asOf={asOf} />
      <Section
        title="On each asset"
        aside={
          <ExportMenu
            label="Export its results"
            href={format => api.url('exportCompliance', { query: { check_id: [check.id], as_of: asOf, format } })}
          />
        }
      >
        <ul className={styles.results} aria-label="Results of the check">
          {rows.map(row => (
            <Result key={row.asset.id} row={row} />
          ))}
        </ul>
        <LoadMore more={more} mt="sm" />
      </Section>
      <CheckFacts check={check} />
    </div>
  )
}

function Texts({ check }: { check: ComplianceCheckDetail }) {
  return (
    <>
      {check.info !== null && (
        <Section title="Description">
          <OutsideText label="Description" text={check.info} />
        </Section>
      )}
      {check.solution !== null && (
        <Section title="Solution">
          <OutsideText label="Solution" text={check.solution} />
        </Section>
      )}
      {check.references.length > 0 && (
        <Section title="References">
          <ul className={styles.references}>
            {check.references.map(reference => (
              <li key={reference}>
                <Link to="/compliance/tenable" search={{ reference: [reference] }}>
                  <OutsideName text={reference.replace('|', ' ')} />
                </Link>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {check.see_also !== null && (
        <Section title="See also">
          {check.see_also.split(/\s+/).map(text => (
            <div key={text}>
              <Reference text={text} />
            </div>
          ))}
        </Section>
      )}
    </>
  )
}

function CheckDays({ id, asOf }: { id: string; asOf: string | undefined }) {
  const query = useQuery(checkDaysQuery(id, asOf))
  return (
    <Section
      title="Over the last 90 days"
      aside={query.data && <DaysCsv days={query.data.days} file={`check-${id}-by-day.csv`} />}
    >
      <QueryView query={query} skeleton={<Skeleton height={200} />}>
        {data => <DaysView days={data.days} name="Outcomes of the check on each day" />}
      </QueryView>
    </Section>
  )
}

function Result({ row }: { row: ComplianceView }) {
  const { last_change: change } = row
  const values = [
    ['Found', row.actual_value],
    ['Expected', row.expected_value],
    ['Error', row.check_error],
  ] as const
  return (
    <li className={styles.result}>
      <div className={styles.resultHead}>
        <Outcome state={row.state} />
        <Link to="/assets/tenable/$id" params={{ id: String(row.asset.id) }}>
          <OutsideName text={row.asset.name} />
        </Link>
        {change !== null && (
          <span className="dim">
            was {outcomeLabels[change.before].toLowerCase()} until <Ago at={change.happened_at ?? change.recorded_at} />
          </span>
        )}
        <span className="dim">
          <Ago at={row.last_seen} />
        </span>
      </div>
      <dl className={styles.values}>
        {values
          .filter(([, value]) => value !== null && value !== '')
          .map(([name, value]) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd>
                <OutsideName text={value ?? ''} />
              </dd>
            </div>
          ))}
      </dl>
    </li>
  )
}

function CheckFacts({ check }: { check: ComplianceCheckDetail }) {
  const mono = (text: string | null) => text && <span className="mono">{text}</span>
  return (
    <Section title="The check">
      <Facts
        facts={[
          ['Audit file', <OutsideName key="a" text={check.audit_file} />],
          [
            'Benchmark',
            check.benchmark_name && <OutsideName text={`${check.benchmark_name} ${check.benchmark_version ?? ''}`} />,
          ],
          ['Profile', check.profile_name && <OutsideName text={check.profile_name} />],
          ['Synopsis', check.synopsis && <OutsideName text={check.synopsis} />],
          [
            'Plugin',
            check.plugin_id === null ? null : `${check.plugin_id}${check.plugin_name ? `, ${check.plugin_name}` : ''}`,
          ],
          ['Database', check.db_type],
          ['Control', mono(check.control_id)],
          ['Source', <OutsideName key="s" text={check.source} />],
          ['Source’s id', mono(check.native_id)],
          ['Row changed', <Ago key="u" at={check.updated_at} />],
        ]}
      />
    </Section>
  )
}
