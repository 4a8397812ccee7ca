import { useQuery } from '@tanstack/react-query'
import { meQuery } from '../lib/session.ts'
import { Notice } from './notice.tsx'

/** For what only somebody who sees a whole source is told: why there may be nothing, and who can change it. */
export function NarrowedNote({ what }: { what: string }) {
  const { data } = useQuery(meQuery)
  if (data?.is_narrowed !== true) return null
  return (
    <Notice tone="info" title={`You see ${what} of the sources that your role reaches whole`}>
      A role that is narrowed to tags reaches single assets, and these belong to a whole source. An administrator can
      give a wider role.
    </Notice>
  )
}
