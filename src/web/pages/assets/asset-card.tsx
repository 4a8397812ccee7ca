import type { AssetView } from '../../../contract/assets.ts'
import { Ago } from '../../components/instant.tsx'
import cards from '../../components/list/card.module.css'
import { OutsideName } from '../../components/outside-text.tsx'
import { SeverityBar } from '../../components/severity-bar.tsx'
import { AssetLink, addressesOf, NotCounted } from './asset-columns.tsx'

/** What matters of a row where there is no room for columns. */
export function AssetCard({ row }: { row: AssetView }) {
  const [address] = addressesOf(row)
  const [system] = row.operating_systems
  return (
    <div>
      <div className={cards.title}>
        <span>
          <AssetLink row={row} />
          <NotCounted row={row} />
        </span>
      </div>
      <div className={cards.line}>
        <span className="dim">
          {address !== undefined && <OutsideName text={address} />}
          {address !== undefined && system !== undefined && ' · '}
          {system !== undefined && <OutsideName text={system} />}
        </span>
        <span className="dim">
          <Ago at={row.last_seen} />
        </span>
      </div>
      <div style={{ marginTop: 4 }}>
        <SeverityBar counts={row.open} />
      </div>
    </div>
  )
}
