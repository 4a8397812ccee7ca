import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { DataQualityField, Pair } from '../../../contract/reconciliation.ts'
import { TrendLine } from '../../components/chart/trend-line.tsx'
import { Empty } from '../../components/empty.tsx'
import { Ago } from '../../components/instant.tsx'
import { Panel } from '../../components/panel.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { count, duration } from '../../lib/format.ts'
import { qualityQuery } from '../../lib/reconciliation-queries.ts'
import styles from './reconciliation.module.css'

/** How complete and fresh each field is, of the sources of the pair or of all. */
export function QualityPanel({ pair }: { pair: Pair | undefined }) {
  const query = useQuery(qualityQuery(pair))
  return (
    <QueryView
      query={query}
      skeleton={<Skeleton height={320} />}
      isEmpty={data => data.items.length === 0}
      empty={<Empty title="Nothing was counted yet.">It is after the next sync or import.</Empty>}
    >
      {data => {
        const groups = Map.groupBy(data.items, item => `${item.source} ${item.subject}`)
        return (
          <div className={styles.stack}>
            {[...groups].map(([key, fields]) => (
              <Fields key={key} fields={fields} />
            ))}
          </div>
        )
      }}
    </QueryView>
  )
}

function Fields({ fields }: { fields: readonly DataQualityField[] }) {
  const [first] = fields
  if (!first) return null
  const rows = first.days.at(-1)?.rows ?? 0
  const what = first.subject === 'asset' ? 'assets' : 'open findings'
  return (
    <Panel title={`${first.source}: ${what}`} aside={`${count(rows)} ${what}`}>
      <PlainTable
        label={`Fields of ${what} of ${first.source}`}
        className={styles.table}
        columns={['Field', ['Filled'], 'The last 90 days', 'Seen last', ['Mean age']]}
      >
        {fields.map(field => (
          <Field key={field.field} field={field} />
        ))}
      </PlainTable>
    </Panel>
  )
}

function Field({ field }: { field: DataQualityField }) {
  const last = field.days.at(-1)
  const name = fieldNames[field.field] ?? field.field
  const shares = sharesOf(field)
  return (
    <tr>
      <td data-label="Field">{name}</td>
      <td data-label="Filled" className="number">
        {last ? percent(last.rows === 0 ? null : last.filled / last.rows) : '–'}
      </td>
      <td data-label="The last 90 days">
        <TrendLine
          label={`${name}: filled in ${percent(shares.find(share => share !== null) ?? null)} first and ${percent(shares.at(-1) ?? null)} last, on ${field.days.length} days`}
          values={shares}
        />
      </td>
      <td data-label="Seen last">
        <Ago at={last?.newest_at ?? null} />
      </td>
      <td data-label="Mean age" className="number">
        {last?.mean_age_hours === null || last === undefined ? '–' : duration(last.mean_age_hours * 3_600_000)}
      </td>
    </tr>
  )
}

const dayMs = 86_400_000

/** One value a day from the first to the last; a day without a look is a gap. */
function sharesOf({ days }: DataQualityField): (number | null)[] {
  const [first] = days
  const last = days.at(-1)
  if (!first || !last) return []
  const byDay = new Map(days.map(day => [day.day, day.rows === 0 ? null : day.filled / day.rows]))
  const shares: (number | null)[] = []
  for (let at = Date.parse(first.day); at <= Date.parse(last.day); at += dayMs) {
    shares.push(byDay.get(new Date(at).toISOString().slice(0, 10)) ?? null)
  }
  return shares
}

function percent(share: number | null): string {
  if (share === null) return '–'
  // Never all, nor nothing, where it is only nearly so.
  const rounded = share > 0.995 && share < 1 ? 99 : share < 0.005 && share > 0 ? 1 : Math.round(share * 100)
  return `${rounded} %`
}

const fieldNames: Readonly<Record<string, string>> = {
  fqdn: 'FQDN',
  hostname: 'Host name',
  ipv4: 'IPv4 address',
  mac_address: 'MAC address',
  operating_system: 'Operating system',
  agent: 'Agent',
  network: 'Network',
  licence: 'Licence',
  last_seen: 'Last seen',
  authenticated_scan: 'Scan with credentials',
  acr: 'ACR',
  first_found: 'First found',
  last_found: 'Last found',
  indexed: 'Version of the source',
  default_severity: 'Severity before recast',
  port: 'Port',
  service: 'Service',
  output: 'Output',
  scan: 'Scan',
  sensor: 'Sensor',
  vendor_id: 'Vendor’s id',
}
