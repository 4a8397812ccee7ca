import { Button, FileButton } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type DragEvent, useState } from 'react'
import { ProblemView } from '../../components/problem-view.tsx'
import { api } from '../../lib/api.ts'
import { bytes } from '../../lib/format.ts'
import styles from './imports.module.css'

/** A file is sent as it lies on the disk, and shown when it has been read. */
export function DropZone() {
  const [isOver, setOver] = useState(false)
  const client = useQueryClient()
  const navigate = useNavigate()
  const bring = useMutation({
    mutationFn: (file: File) => api.upload('createImport', { query: { name: file.name } }, file),
    onSuccess: view => navigate({ to: '/imports', search: { id: view.id } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['imports'] }),
  })
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    const file = event.dataTransfer.files[0]
    if (file) bring.mutate(file)
  }
  return (
    <section
      aria-label="Bring a file"
      className={styles.drop}
      data-over={isOver || undefined}
      onDragOver={event => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <div>
        Drop a CSV, a .nessus file, or a HexTrackr database or backup here, packed or not. Nothing changes until you
        apply it.
      </div>
      <FileButton
        onChange={file => file && bring.mutate(file)}
        accept=".csv,.tsv,.txt,.nessus,.xml,.zip,.gz,.db,.sqlite,.sqlite3"
      >
        {props => (
          <Button {...props} loading={bring.isPending}>
            Choose a file
          </Button>
        )}
      </FileButton>
      {bring.isPending && (
        <div role="status">
          {bring.variables.name} ({bytes(bring.variables.size)}) is being sent and read.
        </div>
      )}
      {bring.error && <ProblemView error={bring.error} />}
    </section>
  )
}
