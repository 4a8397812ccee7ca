import { Button, Modal, Skeleton } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { GroupRuleView } from '../../../../contract/groups.ts'
import { Confirm } from '../../../components/confirm.tsx'
import { Empty } from '../../../components/empty.tsx'
import { OutsideName } from '../../../components/outside-text.tsx'
import { PageFrame } from '../../../components/page.tsx'
import { PlainTable } from '../../../components/plain-table.tsx'
import { ProblemView } from '../../../components/problem-view.tsx'
import { QueryView } from '../../../components/query-view.tsx'
import { RoleNote } from '../../../components/role-note.tsx'
import { api } from '../../../lib/api.ts'
import { groupRulesQuery } from '../../../lib/console-queries.ts'
import { count, counted } from '../../../lib/format.ts'
import { useHasRole } from '../../../lib/session.ts'
import styles from '../settings.module.css'
import { conditionsText } from './rule-draft.ts'
import { RuleForm } from './rule-form.tsx'
import { RulePreview } from './rule-preview.tsx'

/** The rules that say whose an asset is, in the order in which they go. */
export function RulesPage() {
  const query = useQuery(groupRulesQuery)
  const may = useHasRole('operator')
  const [isAdding, setIsAdding] = useState(false)
  return (
    <PageFrame
      title="Owners and groups"
      sentence={query.data && sentenceOf(query.data.items)}
      actions={
        may &&
        query.data && (
          <Button size="sm" onClick={() => setIsAdding(true)}>
            Add a rule
          </Button>
        )
      }
    >
      <RoleNote needed="operator" what="Changing rules" />
      <QueryView
        query={query}
        skeleton={<Skeleton height={240} />}
        isEmpty={data => data.items.length === 0}
        empty={
          <Empty title="No rule yet.">
            A rule gives assets an owner, a criticality or a group by their tags, names, networks or addresses. Until
            there is one nobody owns anything.
          </Empty>
        }
      >
        {data => (
          <PlainTable
            label="Rules"
            className={styles.table}
            columns={['Order', 'Rule', 'Asks for', 'Gives', 'Holds']}
            hasActs
          >
            {data.items.map(rule => (
              <Row key={rule.id} rule={rule} mayChange={may} />
            ))}
          </PlainTable>
        )}
      </QueryView>
      <Modal
        opened={isAdding}
        onClose={() => setIsAdding(false)}
        size="lg"
        title="A new rule"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <RuleForm onSaved={() => setIsAdding(false)} />
      </Modal>
    </PageFrame>
  )
}

function sentenceOf(rules: readonly GroupRuleView[]): string {
  const holding = rules.filter(rule => rule.holds_today).length
  if (rules.length === 0) return 'No rule says whose an asset is.'
  return `${counted(rules.length, 'rule')}, ${holding === rules.length ? 'all' : count(holding)} holding today; the first that an asset meets decides owner and criticality, groups add up.`
}

function Row({ rule, mayChange }: { rule: GroupRuleView; mayChange: boolean }) {
  const [asking, setAsking] = useState<'change' | 'remove'>()
  const close = () => setAsking(undefined)
  return (
    <tr>
      <td data-label="Order">{rule.priority}</td>
      <td data-label="Rule">
        <OutsideName text={rule.name} />
      </td>
      <td data-label="Asks for">
        <OutsideName text={conditionsText(rule.conditions)} />
      </td>
      <td data-label="Gives">
        <Gives rule={rule} />
      </td>
      <td data-label="Holds">{holdsText(rule)}</td>
      <td>
        {mayChange && (
          <div className={styles.acts}>
            <Button variant="default" aria-label={`Change ${rule.name}`} onClick={() => setAsking('change')}>
              Change
            </Button>
            <Button variant="default" aria-label={`Remove ${rule.name}`} onClick={() => setAsking('remove')}>
              Remove
            </Button>
          </div>
        )}
        <Modal
          opened={asking === 'change'}
          onClose={close}
          size="lg"
          title={`Rule ${rule.name}`}
          closeButtonProps={{ 'aria-label': 'Close' }}
        >
          <RuleForm rule={rule} onSaved={close} />
        </Modal>
        {asking === 'remove' && <RemoveRule rule={rule} onClose={close} />}
      </td>
    </tr>
  )
}

function Gives({ rule }: { rule: GroupRuleView }) {
  return (
    <div>
      {rule.owner !== null && (
        <div>
          owner{' '}
          <Link to="/assets/tenable" search={{ owner: [rule.owner] }}>
            <OutsideName text={rule.owner} />
          </Link>
        </div>
      )}
      {rule.criticality !== null && <div>criticality {rule.criticality}</div>}
      {rule.group !== null && (
        <div>
          group{' '}
          <Link to="/assets/tenable" search={{ group: [rule.group] }}>
            <OutsideName text={rule.group} />
          </Link>
        </div>
      )}
    </div>
  )
}

function holdsText({ is_enabled, holds_today, valid_from, valid_to }: GroupRuleView): string {
  if (!is_enabled) return 'switched off'
  const span = valid_to === null ? `from ${valid_from}` : `from ${valid_from} until ${valid_to}`
  return holds_today ? span : `${span}, not today`
}

function RemoveRule({ rule, onClose }: { rule: GroupRuleView; onClose: () => void }) {
  const client = useQueryClient()
  const preview = useQuery({
    queryKey: ['group-rules', 'preview', 'without', rule.id],
    queryFn: ({ signal }) => api.call('previewGroupRule', { body: { replaces: rule.id } }, { signal }),
    gcTime: 0,
  })
  const remove = useMutation({
    mutationFn: () => api.call('removeGroupRule', { params: { id: rule.id } }),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: ['group-rules'] }),
  })
  return (
    <Confirm
      isOpen
      title={`Remove the rule ${rule.name}?`}
      act="Remove the rule"
      keep="Keep it"
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      {preview.error && <ProblemView error={preview.error} />}
      {preview.data === undefined ? 'Counting what it would change.' : <RulePreview preview={preview.data} />}
      <p>What its assets were is kept in their history.</p>
    </Confirm>
  )
}
