import { Button } from '@mantine/core'
import { useState } from 'react'
import { useLive } from '../../app/live.tsx'
import { count } from '../../lib/format.ts'
import { Notice } from '../notice.tsx'

interface NewRowsProps {
  readonly of: 'assets' | 'findings'
  /** The list's first page; another one is another reading of it. */
  readonly firstPage: object | undefined
  readonly onShow: () => void
}

/** The list never moves under the pointer: it says that there is news, and waits. */
export function NewRows({ of, firstPage, onShow }: NewRowsProps) {
  const written = useLive().state.changed[of]
  const [seen, setSeen] = useState({ firstPage, written })
  if (seen.firstPage !== firstPage) setSeen({ firstPage, written })
  const since = written - seen.written
  if (seen.firstPage !== firstPage || since === 0) return null
  return (
    <Notice
      tone="info"
      title={`${count(since)} ${of} written since this list was read`}
      action={
        <Button
          variant="default"
          onClick={() => {
            setSeen({ firstPage, written })
            onShow()
          }}
        >
          Show
        </Button>
      }
    />
  )
}
