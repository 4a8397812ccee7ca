import { Button, Select } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Empty } from '../../components/empty.tsx'
import { Panel } from '../../components/panel.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { api } from '../../lib/api.ts'
import { useHasRole } from '../../lib/session.ts'
import styles from './reconciliation.module.css'

interface Named {
  readonly id: number
  readonly name: string
}

interface PairFormProps {
  readonly canPair: { readonly files: readonly Named[]; readonly api: readonly Named[] }
  readonly isFirst?: boolean
}

/** Says which files are to be compared with which source. */
export function PairForm({ canPair, isFirst = false }: PairFormProps) {
  const mayAct = useHasRole('operator')
  const client = useQueryClient()
  const [files, setFiles] = useState<string | null>(null)
  const [source, setSource] = useState<string | null>(null)
  const declare = useMutation({
    mutationFn: async (ids: { files_source_id: number; api_source_id: number }) => {
      const pair = await api.call('declarePair', { body: { ...ids, is_automatic: true } })
      await api.call('startComparison', { body: { pair_id: pair.id } })
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['reconciliation'] }),
  })
  const isPossible = canPair.files.length > 0 && canPair.api.length > 0
  if (!isPossible) {
    if (!isFirst) return null
    return (
      <Empty title="There is nothing to compare yet.">
        {canPair.files.length === 0
          ? 'Bring a file on the page Imports; it makes a source of files.'
          : 'Add a Tenable source, and sync it.'}
      </Empty>
    )
  }
  if (!mayAct) return isFirst ? <Empty title="No pair is declared yet.">An operator can declare one here.</Empty> : null
  const chosenFiles = files ?? String(canPair.files[0]!.id)
  const chosenSource = source ?? String(canPair.api[0]!.id)
  return (
    <Panel title={isFirst ? 'Compare files with the API' : 'Compare others'}>
      <div className={styles.acts}>
        <Select
          label="Source of files"
          data={canPair.files.map(one => ({ value: String(one.id), label: one.name }))}
          value={chosenFiles}
          allowDeselect={false}
          onChange={setFiles}
        />
        <Select
          label="API source that is to take its place"
          data={canPair.api.map(one => ({ value: String(one.id), label: one.name }))}
          value={chosenSource}
          allowDeselect={false}
          onChange={setSource}
        />
        <Button
          variant={isFirst ? 'filled' : 'default'}
          loading={declare.isPending}
          onClick={() => declare.mutate({ files_source_id: Number(chosenFiles), api_source_id: Number(chosenSource) })}
        >
          Compare them
        </Button>
      </div>
      <p className="dim">They are compared again by themselves after each import and each sync.</p>
      {declare.error && <ProblemView error={declare.error} />}
    </Panel>
  )
}
