import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { SourceView } from '../../../../contract/sources.ts'
import { Confirm } from '../../../components/confirm.tsx'
import { schedulesQuery } from '../../../lib/console-queries.ts'
import { counted } from '../../../lib/format.ts'
import { assetCountQuery, findingCountQuery } from '../../../lib/queries.ts'
import { useRemoveSource } from '../../../lib/source-actions.ts'

/** The way to remove a source, which says what ends and what stays. */
export function RemoveSource({ source }: { source: SourceView }) {
  const [isAsking, setIsAsking] = useState(false)
  const remove = useRemoveSource()
  const navigate = useNavigate()
  return (
    <div>
      <Button variant="outline" color="red" onClick={() => setIsAsking(true)}>
        Remove this source
      </Button>
      <Confirm
        isOpen={isAsking}
        title={`Remove ${source.name}?`}
        act="Remove the source"
        keep="Keep it"
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() =>
          remove.mutate(source.id, {
            onSuccess: () => void navigate({ to: '/settings/integrations/tenable', search: {} }),
          })
        }
        onClose={() => {
          setIsAsking(false)
          remove.reset()
        }}
      >
        {isAsking && <WhatEnds source={source} />}
      </Confirm>
    </div>
  )
}

function WhatEnds({ source }: { source: SourceView }) {
  const filter = { source_id: [source.id], include: ['all' as const] }
  const assets = useQuery(assetCountQuery(filter))
  const findings = useQuery(findingCountQuery(filter))
  const schedules = useQuery(schedulesQuery)
  const own = schedules.data?.items.filter(schedule => schedule.source_id === source.id).length
  return (
    <ul>
      <li>Its keys are forgotten at once; they stay valid at Tenable until they are ended there.</li>
      <li>
        It is read no more: {own === undefined ? 'its schedules' : counted(own, 'schedule')}{' '}
        {own === 1 ? 'starts' : 'start'} nothing.
      </li>
      <li>
        What was mirrored stays as it is and ages:{' '}
        {assets.data === undefined || findings.data === undefined
          ? 'its assets and findings'
          : `${counted(assets.data.total, 'asset')}${assets.data.isExact ? '' : ' or more'} and ${counted(findings.data.total, 'finding')}${findings.data.isExact ? '' : ' or more'}, with their history`}
        . Nothing is called fixed or gone.
      </li>
      <li>It cannot be brought back; connecting it again makes a new source.</li>
    </ul>
  )
}
