import { Link } from '@tanstack/react-router'
import type { AssetStatistics, FindingStatistics } from '../../../contract/statistics.ts'
import { assetStatuses } from '../../../domain/asset.ts'
import { endCauses } from '../../../domain/finding.ts'
import { Panel } from '../../components/panel.tsx'
import { type AssetSearch, assetStatusLabels } from '../../lib/asset-search.ts'
import type { FindingSearch } from '../../lib/finding-search.ts'
import { count } from '../../lib/format.ts'
import styles from './overview.module.css'

const gone = ['deleted', 'terminated', 'aged_out'] as const

interface LeftOutPanelProps {
  readonly findings: FindingStatistics
  readonly assets: AssetStatistics
}

/** What the numbers above do not count, and why. */
export function LeftOutPanel({ findings, assets }: LeftOutPanelProps) {
  const { left_out: out } = findings
  const { by_status: status } = assets
  const aside = { include: ['unlicensed', 'untracked'] } as const satisfies AssetSearch
  return (
    <Panel title="Left out of the default count">
      <table className={styles.counts}>
        <caption className="only-spoken">Left out of the default count</caption>
        <thead>
          <tr>
            <th scope="col">Because they are</th>
            <th scope="col">Assets</th>
            <th scope="col">Open findings</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Unlicensed</th>
            <Assets value={assets.left_out.unlicensed} search={{ is_licensed: false, include: ['untracked'] }} />
            <Findings value={out.unlicensed} search={{ is_licensed: false, include: ['untracked'] }} />
          </tr>
          <tr>
            <th scope="row">Untracked</th>
            <Assets value={assets.left_out.untracked} search={{ is_tracked: false }} />
            <Findings value={out.untracked} search={{ is_tracked: false }} />
          </tr>
          {gone.map((one, index) => (
            <tr key={one}>
              <th scope="row">{assetStatusLabels[one]}</th>
              <Assets value={status[one]} search={{ status: [one], ...aside }} />
              {index === 0 && (
                <Findings value={out.gone} rows={gone.length} search={{ asset_status: [...gone], ...aside }} />
              )}
            </tr>
          ))}
          <tr>
            <th scope="row">Ended without a fix</th>
            <td />
            <Findings
              value={out.ended}
              search={{ end_cause: [...endCauses], asset_status: [...assetStatuses], ...aside }}
            />
          </tr>
        </tbody>
      </table>
    </Panel>
  )
}

function Assets({ value, search }: { value: number; search: AssetSearch }) {
  return (
    <td>
      {value === 0 ? (
        <span className={styles.zero}>0</span>
      ) : (
        <Link to="/assets/tenable" search={search}>
          {count(value)}
        </Link>
      )}
    </td>
  )
}

/** @param rows of assets that this one number speaks for */
function Findings({ value, rows = 1, search }: { value: number; rows?: number; search: FindingSearch }) {
  return (
    <td rowSpan={rows}>
      {value === 0 ? (
        <span className={styles.zero}>0</span>
      ) : (
        <Link to="/vulnerabilities/tenable" search={search}>
          {count(value)}
        </Link>
      )}
    </td>
  )
}
