import { Button, Modal } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { GroupRuleView } from '../../../../contract/groups.ts'
import { Confirm } from '../../../components/confirm.tsx'
import { Empty } from '../../../components/empty.tsx'
import { WholeList, WholeListSkeleton } from '../../../components/list/whole-list.tsx'
import { PageFrame } from '../../../components/page.tsx'
import { ProblemView } from '../../../components/problem-view.tsx'
import { QueryView } from '../../../components/query-view.tsx'
import { RoleNote } from '../../../components/role-note.tsx'
import { api } from '../../../lib/api.ts'
import { groupRulesQuery } from '../../../lib/console-queries.ts'
import { count, counted } from '../../../lib/format.ts'
import { useHasRole } from '../../../lib/session.ts'
import { RuleCard, ruleColumns, ruleFacts } from './rule-columns.tsx'
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
        skeleton={<WholeListSkeleton rows={4} />}
        isEmpty={data => data.items.length === 0}
        empty={
          <Empty title="No rule yet.">
            A rule gives assets an owner, a criticality or a group by their tags, names, networks or addresses. Until
            there is one nobody owns anything.
          </Empty>
        }
      >
        {data => <Rules rules={data.items} mayChange={may} />}
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

interface Question {
  readonly rule: GroupRuleView
  readonly about: 'change' | 'remove'
}

function Rules({ rules, mayChange }: { rules: readonly GroupRuleView[]; mayChange: boolean }) {
  const [question, setQuestion] = useState<Question>()
  const close = () => setQuestion(undefined)
  const actsOf = (rule: GroupRuleView) => {
    const ask = (about: Question['about']) => () => setQuestion({ rule, about })
    return mayChange
      ? [
          { label: 'Change', name: `Change ${rule.name}`, onAct: ask('change') },
          { label: 'Remove', name: `Remove ${rule.name}`, onAct: ask('remove') },
        ]
      : []
  }
  return (
    <>
      <WholeList
        page="rules"
        label="Rules"
        columns={ruleColumns}
        rows={rules}
        rowKey={rule => String(rule.id)}
        rowName={rule => rule.name}
        card={rule => <RuleCard rule={rule} />}
        acts={actsOf}
        facts={ruleFacts}
        exportLabel="Export rules"
        href={format => api.url('exportGroupRules', { query: { format } })}
      />
      {question?.about === 'change' && (
        <Modal
          opened
          onClose={close}
          size="lg"
          title={`Rule ${question.rule.name}`}
          closeButtonProps={{ 'aria-label': 'Close' }}
        >
          <RuleForm rule={question.rule} onSaved={close} />
        </Modal>
      )}
      {question?.about === 'remove' && <RemoveRule rule={question.rule} onClose={close} />}
    </>
  )
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
