import type { FindingView } from '../../../contract/findings.ts'
import { Ago } from '../../components/instant.tsx'
import cards from '../../components/list/card.module.css'
import { OutsideName } from '../../components/outside-text.tsx'
import { SeverityMark } from '../../components/severity-mark.tsx'
import { StateLabel } from '../../components/state-label.tsx'
import { FindingLink } from './finding-columns.tsx'
import { portName } from './port-name.ts'

/** What matters of a row where there is no room for columns. */
export function FindingCard({ row }: { row: FindingView }) {
  return (
    <div>
      <div className={cards.title}>
        <SeverityMark severity={row.severity} />
        <FindingLink row={row} />
      </div>
      <div className={cards.line}>
        <OutsideName text={row.asset_name} />
        <span className="mono dim">{portName(row)}</span>
      </div>
      <div className={cards.line}>
        <StateLabel state={row.state} endCause={row.end_cause} />
        <span className="dim">
          {row.is_kev && <strong>KEV · </strong>}
          <Ago at={row.last_found} />
        </span>
      </div>
    </div>
  )
}
