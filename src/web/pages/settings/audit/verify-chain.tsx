import { Button, Modal } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { AuditVerdict } from '../../../../contract/audit.ts'
import { Notice } from '../../../components/notice.tsx'
import { ProblemView } from '../../../components/problem-view.tsx'
import { api } from '../../../lib/api.ts'
import { counted } from '../../../lib/format.ts'

/** Recomputes the chain when asked, and says whether the trail is whole. */
export function VerifyChain() {
  const verify = useMutation({ mutationFn: () => api.call('verifyAudit') })
  const isOver = verify.isSuccess || verify.isError
  return (
    <>
      <Button size="sm" variant="default" loading={verify.isPending} onClick={() => verify.mutate()}>
        Verify the chain
      </Button>
      <Modal
        opened={isOver}
        onClose={() => verify.reset()}
        title="The chain of the audit"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {verify.error && <ProblemView error={verify.error} />}
        {verify.data && <Verdict verdict={verify.data} />}
      </Modal>
    </>
  )
}

function Verdict({ verdict }: { verdict: AuditVerdict }) {
  const broken = verdict.first_broken
  if (broken === null) {
    return (
      <Notice tone="good" title={`The trail is whole: ${counted(verdict.checked, 'event')}`}>
        None was changed, inserted or removed since it was written. That the newest ones were cut off could not be seen:
        keep a hash elsewhere to see that too.
      </Notice>
    )
  }
  return (
    <Notice tone="bad" title={`The trail is broken at event ${broken.id}`}>
      {broken.reason}. The {counted(verdict.checked, 'event')} before it {verdict.checked === 1 ? 'is' : 'are'} whole.
      Compare with a backup, and find out who can write to the database.
    </Notice>
  )
}
