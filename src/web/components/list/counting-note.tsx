import { useQuery } from '@tanstack/react-query'
import { count } from '../../lib/format.ts'
import { assetStatisticsQuery, findingStatisticsQuery, syncQuery } from '../../lib/queries.ts'
import { meQuery } from '../../lib/session.ts'
import { staleWords } from '../../lib/source-status.ts'
import { At } from '../instant.tsx'

/** As of when, at which level, whether that is too long ago, and whether the reader's role reaches all of it. */
export function AsOf({ at, level }: { at: string | null; level: string }) {
  const { data: status } = useQuery(syncQuery)
  const { data: me } = useQuery(meQuery)
  const stale = status && staleWords(status)
  return (
    <>
      {at === null ? (
        'not complete yet'
      ) : (
        <>
          as of <At at={at} />
          {stale !== undefined && <strong>, {stale}</strong>}
        </>
      )}
      {' · '}
      {level} level
      {me?.is_narrowed === true && ' · what your role reaches'}
    </>
  )
}

type LeftOut = readonly [count: number, what: string]

/** What the default count of findings leaves out. */
export function FindingsLeftOut() {
  const { data } = useQuery(findingStatisticsQuery())
  if (data === undefined) return null
  const { unlicensed, untracked, gone, ended } = data.left_out
  return sentenceOf([
    [unlicensed, 'on unlicensed assets'],
    [untracked, 'on untracked assets'],
    [gone, 'on assets that are gone'],
    [ended, 'ended without a fix'],
  ])
}

/** What the default count of assets leaves out. */
export function AssetsLeftOut() {
  const { data } = useQuery(assetStatisticsQuery())
  if (data === undefined) return null
  const { deleted, terminated, aged_out } = data.by_status
  return sentenceOf([
    [data.left_out.unlicensed, 'unlicensed'],
    [data.left_out.untracked, 'untracked'],
    [data.left_out.out_of_scope, 'out of scope'],
    [deleted, 'deleted'],
    [terminated, 'terminated'],
    [aged_out, 'aged out'],
  ])
}

function sentenceOf(parts: readonly LeftOut[]) {
  const some = parts.filter(([number]) => number > 0).map(([number, what]) => `${count(number)} ${what}`)
  return some.length === 0 ? ' · nothing left out' : ` · left out: ${some.join(', ')}`
}
