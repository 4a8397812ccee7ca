import { Button } from '@mantine/core'
import { ProblemError } from '../../client/index.ts'
import { Notice } from './notice.tsx'

interface Words {
  readonly title: string
  readonly detail: string
  /** For a search in the log or a message to somebody. */
  readonly reference: string | null
}

/** An error in the server's own words, or in ours when it could not be reached. */
export function problemOf(error: Error): Words {
  if (error instanceof ProblemError) {
    const { title, detail, code, instance, errors } = error.problem
    const fields = (errors ?? []).map(one => `${one.field}: ${one.message}`)
    return {
      title,
      detail: [detail, ...fields].join('\n'),
      reference: instance === undefined ? code : `${code} · request ${instance}`,
    }
  }
  return {
    title: 'The server cannot be reached',
    detail: 'Nothing was changed. Check that Tenfold is still running on this machine, then try again.',
    reference: null,
  }
}

interface ProblemViewProps {
  readonly error: Error
  readonly onRetry?: () => void
  readonly isRetrying?: boolean
}

export function ProblemView({ error, onRetry, isRetrying = false }: ProblemViewProps) {
  const { title, detail, reference } = problemOf(error)
  // Nothing is broken: somebody has to give a role.
  const isForbidden = error instanceof ProblemError && error.status === 403
  return (
    <Notice
      tone={isForbidden ? 'info' : 'bad'}
      title={title}
      action={
        onRetry &&
        !isForbidden && (
          <Button variant="default" onClick={onRetry} loading={isRetrying}>
            Try again
          </Button>
        )
      }
    >
      <span style={{ whiteSpace: 'pre-line' }}>{detail}</span>
      {reference !== null && <div className="mono dim">{reference}</div>}
    </Notice>
  )
}
