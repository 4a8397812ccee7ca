import { Progress } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Notice } from '../../components/notice.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { Panel } from '../../components/panel.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { api } from '../../lib/api.ts'
import { verificationQuery } from '../../lib/console-queries.ts'
import { counted } from '../../lib/format.ts'
import { useHasRole } from '../../lib/session.ts'

/** Whether everything that must be true of the store is true: asked for when the first sync has ended. */
export function FirstVerdict() {
  const may = useHasRole('admin')
  return may ? <Verdict /> : null
}

function Verdict() {
  const client = useQueryClient()
  const start = useMutation({
    mutationFn: () => api.call('startVerification'),
    onSuccess: answer => client.setQueryData(verificationQuery.queryKey, answer),
  })
  const { mutate } = start
  useEffect(() => mutate(), [mutate])
  const { data, error } = useQuery({ ...verificationQuery, enabled: start.isSuccess })
  const problem = start.error ?? error
  if (problem) return <ProblemView error={problem} onRetry={() => mutate()} />
  if (data === undefined || data.is_running) {
    const { done = 0, total = 1, check = 'beginning' } = data?.progress ?? {}
    return (
      <Panel title="Verifying the store">
        <Progress value={(done / total) * 100} size="sm" aria-label={`Verifying: ${check}`} />
        <p className="dim" style={{ margin: '6px 0 0' }}>
          {check}
        </p>
      </Panel>
    )
  }
  if (data.error !== null) {
    return (
      <Notice tone="bad" title="The store could not be verified">
        {data.error} Try <code className="mono">tenfold verify</code> on the command line.
      </Notice>
    )
  }
  const { last } = data
  if (last === null) return null
  if (last.is_sound) {
    return (
      <Notice tone="good" title={`The store is sound: ${counted(last.checks, 'check')} passed`}>
        Rows belong together; counts, history and ledger agree with them; the audit trail is whole.
      </Notice>
    )
  }
  return (
    <Notice tone="bad" title={`The store is damaged: ${counted(last.damages.length, 'kind')} of damage`}>
      <ul>
        {last.damages.map(damage => (
          <li key={damage.check}>
            {damage.found} {damage.about}: <OutsideName text={damage.samples.join(', ')} />
          </li>
        ))}
      </ul>
      <code className="mono">tenfold verify --repair</code> puts right what follows from other rows.
    </Notice>
  )
}
