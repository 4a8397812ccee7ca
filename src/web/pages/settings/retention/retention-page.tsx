import { Button, NumberInput, Skeleton, Switch } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { Maintenance } from '../../../../contract/maintenance.ts'
import { Ago } from '../../../components/instant.tsx'
import { PageFrame } from '../../../components/page.tsx'
import { Panel } from '../../../components/panel.tsx'
import { PlainTable } from '../../../components/plain-table.tsx'
import { ProblemView } from '../../../components/problem-view.tsx'
import { QueryView } from '../../../components/query-view.tsx'
import { api } from '../../../lib/api.ts'
import { maintenanceQuery } from '../../../lib/console-queries.ts'
import { bytes, count } from '../../../lib/format.ts'
import styles from '../settings.module.css'

type DataClass = Maintenance['classes'][number]

/** What is kept, for how long, and how much there is of it. */
export function RetentionPage() {
  const query = useQuery(maintenanceQuery)
  return (
    <PageFrame
      title="Retention"
      sentence={
        query.data &&
        `The database has ${bytes(query.data.database_bytes)}. What is older than its rule goes to the archive once a day, and can be put back from there.`
      }
    >
      <QueryView query={query} skeleton={<Skeleton height={420} />}>
        {data => (
          <div className="stacked">
            <Rules data={data} />
            <Panel title="Kept for ever">
              <ul style={{ margin: 0, paddingLeft: 18, fontSize: '0.8125rem' }}>
                {data.kept_for_ever.map(one => (
                  <li key={one.class}>
                    <span className="mono">{one.class}</span>: {one.reason}
                  </li>
                ))}
              </ul>
            </Panel>
          </div>
        )}
      </QueryView>
    </PageFrame>
  )
}

function Rules({ data }: { data: Maintenance }) {
  return (
    <PlainTable
      label="Rules"
      className={styles.table}
      columns={['What', 'Oldest', ['About so many rows'], ['Size'], ['In the archive'], 'Stays in the database']}
    >
      {data.classes.map(one => (
        <Row key={`${one.class} ${one.keep_days}`} rule={one} />
      ))}
    </PlainTable>
  )
}

function Row({ rule }: { rule: DataClass }) {
  const [days, setDays] = useState(rule.keep_days ?? 365)
  const [isForEver, setIsForEver] = useState(rule.keep_days === null)
  const client = useQueryClient()
  const wanted = isForEver ? null : days
  const save = useMutation({
    mutationFn: () => api.call('changeRetention', { body: { rules: [{ class: rule.class, keep_days: wanted }] } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['maintenance'] }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <tr>
      <td data-label="What">
        <div>
          {rule.about}
          <div className="mono dim">{rule.class}</div>
        </div>
      </td>
      <td data-label="Oldest">
        <Ago at={rule.oldest_at} fallback="none" />
      </td>
      <td data-label="About so many rows" className="number">
        {count(rule.estimated_rows)}
      </td>
      <td data-label="Size" className="number">
        {bytes(rule.bytes)}
      </td>
      <td data-label="In the archive" className="number">
        {count(rule.archived_rows)}
      </td>
      <td data-label="Stays in the database">
        <form onSubmit={submit} style={{ display: 'flex', flexWrap: 'wrap', gap: 8, alignItems: 'center' }}>
          <Switch
            size="sm"
            label="for ever"
            aria-label={`${rule.class} for ever`}
            checked={isForEver}
            onChange={event => setIsForEver(event.currentTarget.checked)}
          />
          {!isForEver && (
            <NumberInput
              aria-label={`Days of ${rule.class}`}
              suffix=" days"
              min={30}
              max={36_500}
              w={110}
              allowDecimal={false}
              clampBehavior="blur"
              value={days}
              onChange={value => setDays(Number(value) || 30)}
            />
          )}
          {wanted !== rule.keep_days && (
            <Button type="submit" aria-label={`Save ${rule.class}`} loading={save.isPending}>
              Save
            </Button>
          )}
          {save.error && <ProblemView error={save.error} />}
        </form>
      </td>
    </tr>
  )
}
