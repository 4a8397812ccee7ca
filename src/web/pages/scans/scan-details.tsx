import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { ScanDetail } from '../../../contract/scans.ts'
import { DetailsPanel, Folded, Section } from '../../components/details-panel.tsx'
import { Facts } from '../../components/facts.tsx'
import { Ago } from '../../components/instant.tsx'
import { OutsideName, OutsideText } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { SeverityBar } from '../../components/severity-bar.tsx'
import { count, counted } from '../../lib/format.ts'
import { scanQuery } from '../../lib/scan-queries.ts'
import { ScanMarks } from './scan-columns.tsx'
import { ScanRuns } from './scan-runs.tsx'

const route = getRouteApi('/scans/tenable/$id')

export function ScanDetails() {
  const { id } = route.useParams()
  const navigate = useNavigate()
  const query = useQuery(scanQuery(id))
  const scan = query.data
  return (
    <DetailsPanel
      subject={id}
      title={
        scan === undefined ? (
          'Scan'
        ) : (
          <>
            <OutsideName text={scan.name} />
            <ScanMarks row={scan} />
          </>
        )
      }
      onClose={() => void navigate({ to: '/scans/tenable', search: true, resetScroll: false })}
    >
      <QueryView query={query} skeleton={<Skeleton height={320} />}>
        {data => <Scan scan={data} />}
      </QueryView>
    </DetailsPanel>
  )
}

function Scan({ scan }: { scan: ScanDetail }) {
  const { latest_results: latest, runs } = scan
  return (
    <div style={{ display: 'flex', flexDirection: 'column', gap: 18 }}>
      <p style={{ margin: 0 }}>
        {runs.total === 0
          ? 'It has not run yet.'
          : `${counted(runs.total, 'run')} known, ${count(runs.archived)} archived.`}{' '}
        {runs.details_waiting > 0 && `Details of ${counted(runs.details_waiting, 'run')} come with the next syncs.`}
      </p>
      {latest !== null && latest.severities !== null && (
        <Section title="Latest results">
          <div style={{ display: 'flex', flexWrap: 'wrap', gap: '6px 24px', alignItems: 'center' }}>
            <SeverityBar counts={latest.severities} />
            <span className="dim">
              {latest.hosts === null ? '' : `${counted(latest.hosts, 'host')}, `}
              <Ago at={latest.started_at} />
            </span>
            <Link to="/assets/tenable" search={{ last_scan_id: [latest.run_uuid], include: ['all'] }}>
              Assets it met last
            </Link>
          </div>
        </Section>
      )}
      <ScanRuns id={String(scan.id)} />
      <Section title="Definition">
        <Facts
          facts={[
            ['Status', scan.status && <OutsideName text={scan.status} />],
            ['Schedule', scan.schedule],
            ['First start', scan.starts],
            ['Time zone', scan.time_zone],
            ['Owner', scan.owner && <OutsideName text={scan.owner} />],
            ['Policy', scan.policy && <OutsideName text={scan.policy} />],
            ['Template', scan.template_uuid && <span className="mono">{scan.template_uuid}</span>],
            ['Scanner', scan.scanner && <OutsideName text={scan.scanner} />],
            ['Type', scan.type],
            ['Folder', scan.folder && <OutsideName text={scan.folder} />],
            ['Targets counted', scan.total_targets === null ? null : count(scan.total_targets)],
            ['Progress', scan.progress === null ? null : `${scan.progress} %`],
            ['Shared', scan.is_shared === null ? null : scan.is_shared ? 'yes' : 'no'],
            ['Right of the key', permissionOf(scan.user_permissions)],
            ['Last run', scan.last_run_at && <Ago at={scan.last_run_at} />],
            ['Created', scan.created_at && <Ago at={scan.created_at} />],
            ['No longer listed since', scan.gone_at && <Ago at={scan.gone_at} />],
            ['Source', <OutsideName key="s" text={scan.source} />],
            [
              'Source’s id',
              <span key="i" className="mono">
                {scan.native_id}
              </span>,
            ],
            ['Schedule’s id', scan.schedule_uuid && <span className="mono">{scan.schedule_uuid}</span>],
            ['Row changed', <Ago key="u" at={scan.updated_at} />],
          ]}
        />
      </Section>
      {scan.targets !== null && (
        <Section title="Targets">
          <OutsideText label="Targets" text={scan.targets} />
        </Section>
      )}
      {scan.extra !== null && (
        <Folded title="Everything else the source sent">
          <OutsideText label="Other fields" text={JSON.stringify(scan.extra, null, 2)} />
        </Folded>
      )}
    </div>
  )
}

/** The vendor's numbers, in words. */
function permissionOf(value: number | null): string | null {
  if (value === null) return null
  const words: Readonly<Record<number, string>> = {
    0: 'none',
    16: 'view',
    32: 'control',
    64: 'configure',
    128: 'owner',
  }
  return words[value] ?? String(value)
}
