import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Notice } from '../../components/notice.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { useForgetAct, useLastAct, useUndoDecision } from '../../lib/device-actions.ts'

/** What was just decided, and the way back. */
export function LastAct() {
  const act = useLastAct()
  const forget = useForgetAct()
  const undo = useUndoDecision()
  if (act === null) return undo.error ? <ProblemView error={undo.error} /> : null
  return (
    <>
      <Notice
        tone="good"
        title={act.words}
        action={
          <>
            <Button variant="default" loading={undo.isPending} onClick={() => undo.mutate(act.id)}>
              Undo
            </Button>
            <Button variant="subtle" onClick={forget}>
              Dismiss
            </Button>
          </>
        }
      >
        {act.deviceIds.length > 1 && (
          <>
            Now{' '}
            {act.deviceIds.map((id, index) => (
              <span key={id}>
                {index > 0 && ', '}
                <Link to="/devices/$id" params={{ id: String(id) }} search={true}>
                  device {id}
                </Link>
              </span>
            ))}
            .
          </>
        )}
      </Notice>
      {undo.error && <ProblemView error={undo.error} />}
    </>
  )
}
