import { Link } from '@tanstack/react-router'
import type { GroupRuleView } from '../../../../contract/groups.ts'
import type { Fact } from '../../../components/facts.tsx'
import cards from '../../../components/list/card.module.css'
import type { Column } from '../../../components/list/column.ts'
import { OutsideName } from '../../../components/outside-text.tsx'
import { conditionsText } from './rule-draft.ts'

export const ruleColumns: readonly Column<GroupRuleView>[] = [
  {
    id: 'priority',
    header: 'Order',
    hint: 'The lowest number goes first',
    width: 70,
    isNumber: true,
    cell: rule => rule.priority,
    text: rule => rule.priority,
  },
  {
    id: 'name',
    header: 'Rule',
    likes: 200,
    cell: rule => (
      <strong title={rule.name}>
        <OutsideName text={rule.name} />
      </strong>
    ),
    text: rule => rule.name,
  },
  {
    id: 'conditions',
    header: 'Asks for',
    likes: 240,
    cell: rule => (
      <span title={conditionsText(rule.conditions)}>
        <OutsideName text={conditionsText(rule.conditions)} />
      </span>
    ),
    text: rule => conditionsText(rule.conditions),
  },
  {
    id: 'owner',
    header: 'Owner',
    width: 150,
    wide: 220,
    cell: rule => <Owner rule={rule} />,
    text: rule => rule.owner,
  },
  {
    id: 'criticality',
    header: 'Criticality',
    width: 100,
    from: 720,
    cell: rule => rule.criticality ?? nothing,
    text: rule => rule.criticality,
  },
  {
    id: 'group',
    header: 'Group',
    width: 130,
    wide: 200,
    from: 800,
    cell: rule => <Group rule={rule} />,
    text: rule => rule.group,
  },
  {
    id: 'holds',
    header: 'Holds',
    width: 190,
    cell: rule => <span title={holdsText(rule)}>{holdsText(rule)}</span>,
    text: rule => holdsText(rule),
  },
]

const nothing = <span className="dim">–</span>

export function ruleFacts(rule: GroupRuleView): readonly Fact[] {
  return [
    ['Rule', <OutsideName key="name" text={rule.name} />],
    ['Asks for', <OutsideName key="conditions" text={conditionsText(rule.conditions)} />],
    ['Owner', rule.owner !== null && <Owner rule={rule} />],
    ['Criticality', rule.criticality],
    ['Group', rule.group !== null && <Group rule={rule} />],
    ['Holds', holdsText(rule)],
  ]
}

/** What matters of a rule where there is no room for columns. */
export function RuleCard({ rule }: { rule: GroupRuleView }) {
  return (
    <div>
      <div className={cards.title}>
        <span className="dim nowrap">{rule.priority}</span>
        <strong>
          <OutsideName text={rule.name} />
        </strong>
      </div>
      <div className={cards.line}>
        <OutsideName text={conditionsText(rule.conditions)} />
      </div>
      <div className={cards.line}>
        <span>
          {rule.owner !== null && (
            <>
              owner <Owner rule={rule} />
            </>
          )}
          {rule.owner !== null && rule.group !== null && ', '}
          {rule.group !== null && (
            <>
              group <Group rule={rule} />
            </>
          )}
        </span>
        {rule.criticality !== null && <span className="dim">{rule.criticality}</span>}
      </div>
      <div className={cards.line}>
        <span className="dim">{holdsText(rule)}</span>
      </div>
    </div>
  )
}

function Owner({ rule: { owner } }: { rule: GroupRuleView }) {
  if (owner === null) return nothing
  return (
    <Link to="/assets/tenable" search={{ owner: [owner] }} title={owner}>
      <OutsideName text={owner} />
    </Link>
  )
}

function Group({ rule: { group } }: { rule: GroupRuleView }) {
  if (group === null) return nothing
  return (
    <Link to="/assets/tenable" search={{ group: [group] }} title={group}>
      <OutsideName text={group} />
    </Link>
  )
}

function holdsText({ is_enabled, holds_today, valid_from, valid_to }: GroupRuleView): string {
  if (!is_enabled) return 'switched off'
  const span = valid_to === null ? `from ${valid_from}` : `from ${valid_from} until ${valid_to}`
  return holds_today ? span : `${span}, not today`
}
