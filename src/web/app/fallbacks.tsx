import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Notice } from '../components/notice.tsx'
import { PageFrame } from '../components/page.tsx'

export function NotFound() {
  return (
    <PageFrame title="No such page">
      <Notice tone="info" title="There is no page at this address.">
        The address may be mistyped, or from another version of Tenfold. Go to the <Link to="/">overview</Link>.
      </Notice>
    </PageFrame>
  )
}

/** A fault of ours: said plainly, with the way on. */
export function PageError({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <PageFrame title="This page failed">
      <Notice
        tone="bad"
        title="Something on this page went wrong. Your data is not affected."
        action={
          <Button variant="default" onClick={onRetry}>
            Show the page again
          </Button>
        }
      >
        <div className="mono">{error instanceof Error ? error.message : String(error)}</div>
      </Notice>
    </PageFrame>
  )
}
