import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { DeviceDetail } from '../../../contract/devices.ts'
import { DetailsPanel, Section } from '../../components/details-panel.tsx'
import { Ago } from '../../components/instant.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { RoleNote } from '../../components/role-note.tsx'
import { SeverityBar } from '../../components/severity-bar.tsx'
import { assetStatusLabels } from '../../lib/asset-search.ts'
import { deviceQuery } from '../../lib/device-queries.ts'
import { byWeight, confidenceText, evidenceWords } from '../../lib/device-words.ts'
import { count, counted } from '../../lib/format.ts'
import { useHasRole } from '../../lib/session.ts'
import { sourceKindLabels } from '../../lib/source-kinds.ts'
import { Acts } from './decisions-list.tsx'
import { DeviceFindings } from './device-findings.tsx'
import styles from './devices.module.css'
import { Confidence, EvidenceList } from './evidence.tsx'
import { EvidenceChart } from './evidence-chart.tsx'
import { LastAct } from './last-act.tsx'
import { MergeDialog } from './merge-dialog.tsx'
import { Pairs } from './review-list.tsx'
import { SplitDialog } from './split-dialog.tsx'

const route = getRouteApi('/devices/$id')

export function DeviceDetails() {
  const { id } = route.useParams()
  const navigate = useNavigate()
  const query = useQuery(deviceQuery(id))
  return (
    <DetailsPanel
      subject={id}
      title={query.data === undefined ? 'Device' : <OutsideName text={query.data.name} />}
      onClose={() => void navigate({ to: '/devices', search: true, resetScroll: false })}
    >
      <LastAct />
      <QueryView query={query} skeleton={<Skeleton height={320} />}>
        {device => <Device key={device.id} device={device} />}
      </QueryView>
    </DetailsPanel>
  )
}

function Device({ device }: { device: DeviceDetail }) {
  return (
    <div style={{ display: 'flex', flexDirection: 'column', gap: 18 }}>
      <Summary device={device} />
      <Deciding device={device} />
      <Records device={device} />
      {device.links.length + device.asked.length > 0 && <Evidence device={device} />}
      {device.asked.length > 0 && (
        <Section title="May belong to it">
          <Pairs label="Records that may belong to it" links={device.asked} />
        </Section>
      )}
      <DeviceFindings id={device.id} />
      {device.decisions.length > 0 && (
        <Section title="Decisions">
          <Acts decisions={device.decisions} />
        </Section>
      )}
    </div>
  )
}

/** What it is and why, in words. */
function Summary({ device }: { device: DeviceDetail }) {
  const sources = device.sources.map(one => one.source).join(', ')
  return (
    <div>
      <p style={{ margin: '0 0 6px' }}>
        Device {device.id}: {counted(device.records, 'record')} of {counted(device.sources.length, 'source')} (
        <OutsideName text={sources} />
        ), last seen <Ago at={device.last_seen} fallback="never" />. {weakestOf(device)}{' '}
        {device.to_review > 0 &&
          `${counted(device.to_review, 'pair')} with records of other devices ${device.to_review === 1 ? 'is' : 'are'} to be reviewed.`}
      </p>
      <SeverityBar counts={device.open} />
    </div>
  )
}

function weakestOf({ records, links, confidence, decisions }: DeviceDetail): string {
  if (records === 1) return 'Nothing joins it with another record.'
  const weakest = links.find(link => link.confidence === confidence)
  const isDecided = decisions.some(one => one.is_same && one.undone_at === null)
  if (weakest === undefined || confidence === null) {
    return isDecided ? 'A person joined its records.' : 'What joins its records is beyond what your role reaches.'
  }
  const loudest = byWeight(weakest.evidence)
    .filter(one => one.weight > 0)
    .slice(0, 2)
    .map(evidenceWords)
  return `Its weakest link is ${confidenceText(confidence)} certain (${loudest.join(', ')})${isDecided ? '; a person decided too' : ''}.`
}

function Deciding({ device }: { device: DeviceDetail }) {
  const may = useHasRole('operator')
  const [open, setOpen] = useState<'merge' | 'split'>()
  if (!may) return <RoleNote needed="operator" what="Merging and splitting" />
  return (
    <div className={styles.acts}>
      <Button variant="default" onClick={() => setOpen('merge')}>
        Merge with another device…
      </Button>
      {device.records > 1 && (
        <Button variant="default" onClick={() => setOpen('split')}>
          Split records off…
        </Button>
      )}
      {open === 'merge' && <MergeDialog device={device} onClose={() => setOpen(undefined)} />}
      {open === 'split' && <SplitDialog device={device} onClose={() => setOpen(undefined)} />}
    </div>
  )
}

function Records({ device }: { device: DeviceDetail }) {
  return (
    <Section title="Records">
      <PlainTable
        label="Records"
        className={styles.table}
        columns={['Asset', 'Source', 'Status', 'Last seen', 'Of this device']}
      >
        {device.members.map(record => (
          <tr key={record.asset_id}>
            <td data-label="Asset">
              <Link to="/assets/tenable/$id" params={{ id: String(record.asset_id) }}>
                <OutsideName text={record.name} />
              </Link>
            </td>
            <td data-label="Source">
              <OutsideName text={record.source} />
              <div className="dim">{sourceKindLabels[record.kind]}</div>
            </td>
            <td data-label="Status">{assetStatusLabels[record.status]}</td>
            <td data-label="Last seen">
              <Ago at={record.last_seen} />
            </td>
            <td data-label="Of this device">
              <span>
                since <Ago at={record.since} />
              </span>
            </td>
          </tr>
        ))}
      </PlainTable>
    </Section>
  )
}

function Evidence({ device }: { device: DeviceDetail }) {
  return (
    <Section title="Why: what joins the records, and what parts them">
      <EvidenceChart device={device} />
      <PlainTable label="Evidence" className={styles.table} columns={['Records', 'Confidence', ['Sum'], 'Evidence']}>
        {[...device.links, ...device.asked].map(link => (
          <tr key={`${link.asset_a} ${link.asset_b}`}>
            <td data-label="Records">
              <OutsideName text={`${link.name_a} (${link.source_a})`} />
              <br />
              <OutsideName text={`${link.name_b} (${link.source_b})`} />
              {link.device_a !== link.device_b && <div className="dim">of another device, to be reviewed</div>}
            </td>
            <td data-label="Confidence">
              <Confidence value={link.confidence} />
            </td>
            <td data-label="Sum" className="number">
              {count(Math.round(link.score * 100) / 100)}
            </td>
            <td data-label="Evidence">
              <EvidenceList evidence={link.evidence} />
            </td>
          </tr>
        ))}
      </PlainTable>
      <p className="dim" style={{ margin: '6px 0 0', fontSize: '0.75rem' }}>
        From 4.5 on two records are one device, from 3 on a person is asked; a solid line speaks for it, a dashed one
        against it.
      </p>
    </Section>
  )
}
