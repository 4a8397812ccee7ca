import type { ReactNode } from 'react'
import type { AgentView, DirectoryTagView, NetworkView, ScannerView } from '../../../contract/directories.ts'
import { Ago } from '../../components/instant.tsx'
import cards from '../../components/list/card.module.css'
import { OutsideName } from '../../components/outside-text.tsx'
import { counted } from '../../lib/format.ts'
import { AgentName, NetworkLink, SensorStatus, TagLink } from './network-columns.tsx'

// What matters of a row where there is no room for columns.

export function NetworkCard({ row }: { row: NetworkView }) {
  return (
    <Card title={<NetworkLink row={row} />} right={<OutsideName text={row.source} />}>
      {counted(row.assets, 'asset')}, {counted(row.scanners, 'scanner')}, {counted(row.agents, 'agent')}
    </Card>
  )
}

export function ScannerCard({ row }: { row: ScannerView }) {
  return (
    <Card title={<OutsideName text={row.name} />} right={<Ago at={row.last_connect_at} fallback="never" />}>
      <SensorStatus status={row.status} />
      {row.network_name !== null && (
        <>
          {' · '}
          <OutsideName text={row.network_name} />
        </>
      )}
    </Card>
  )
}

export function AgentCard({ row }: { row: AgentView }) {
  return (
    <Card title={<AgentName row={row} />} right={<Ago at={row.last_connect_at} fallback="never" />}>
      <SensorStatus status={row.status} />
      {row.health !== null && (
        <>
          {' · '}
          <OutsideName text={row.health.toLowerCase()} />
        </>
      )}
    </Card>
  )
}

export function TagCard({ row }: { row: DirectoryTagView }) {
  return (
    <Card title={<TagLink row={row} />} right={row.type}>
      {counted(row.members, 'asset')}
    </Card>
  )
}

function Card({ title, right, children }: { title: ReactNode; right: ReactNode; children: ReactNode }) {
  return (
    <div>
      <div className={cards.title}>
        <span>{title}</span>
      </div>
      <div className={cards.line}>
        <span className="dim">{children}</span>
        <span className="dim">{right}</span>
      </div>
    </div>
  )
}
