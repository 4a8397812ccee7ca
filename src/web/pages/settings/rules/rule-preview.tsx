import type { GroupRulePreview } from '../../../../contract/groups.ts'
import { OutsideName } from '../../../components/outside-text.tsx'
import { PlainTable } from '../../../components/plain-table.tsx'
import { count, counted } from '../../../lib/format.ts'
import styles from '../settings.module.css'

type Grouping = GroupRulePreview['sample'][number]['before']

/** What a rule would change, with the first assets by name. */
export function RulePreview({ preview }: { preview: GroupRulePreview }) {
  return (
    <div role="status" aria-label="Preview" style={{ display: 'grid', gap: 8 }}>
      <span>
        <strong>{counted(preview.changed, 'asset')}</strong> would change: {count(preview.owner_changed)} another owner,{' '}
        {count(preview.criticality_changed)} another criticality, {count(preview.groups_changed)} other groups. It meets{' '}
        {counted(preview.matched, 'asset')}.
        {!preview.holds_today && ' It does not hold today: nothing changes until its day.'}
      </span>
      {preview.sample.length > 0 && (
        <PlainTable label="Assets that would change" className={styles.table} columns={['Asset', 'Before', 'After']}>
          {preview.sample.map(asset => (
            <tr key={asset.asset_id}>
              <td data-label="Asset">
                <OutsideName text={asset.name} />
              </td>
              <td data-label="Before">
                <OutsideName text={groupingText(asset.before)} />
              </td>
              <td data-label="After">
                <OutsideName text={groupingText(asset.after)} />
              </td>
            </tr>
          ))}
        </PlainTable>
      )}
      {preview.changed > preview.sample.length && preview.sample.length > 0 && (
        <span className="dim">and {counted(preview.changed - preview.sample.length, 'more asset', 'more assets')}</span>
      )}
    </div>
  )
}

function groupingText({ owner, criticality, groups }: Grouping): string {
  const parts = [owner, criticality, groups.join(', ')].filter(part => part !== null && part !== '')
  return parts.length === 0 ? 'nothing' : parts.join(' · ')
}
