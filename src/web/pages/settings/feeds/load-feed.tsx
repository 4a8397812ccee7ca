import { Button, Checkbox, FileInput, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { FeedKind } from '../../../../domain/feed.ts'
import { Notice } from '../../../components/notice.tsx'
import { ProblemView } from '../../../components/problem-view.tsx'
import { api } from '../../../lib/api.ts'
import styles from '../settings.module.css'
import { feedLabels, resultText } from './feed-labels.ts'

/** Load a feed: from its address, from another one, or from a file. */
export function LoadFeed({ kind }: { kind: FeedKind }) {
  const [url, setUrl] = useState('')
  const [file, setFile] = useState<File | null>(null)
  const [acceptsShrunk, setAcceptsShrunk] = useState(false)
  const client = useQueryClient()
  const load = useMutation({
    mutationFn: (from: 'address' | 'file') => {
      const query = acceptsShrunk ? { accept_shrunk: true } : {}
      if (from === 'file' && file !== null) {
        return api.upload('loadFeed', { params: { kind }, query: { ...query, name: file.name } }, file)
      }
      return api.call('loadFeed', { params: { kind }, query, body: url.trim() === '' ? {} : { url: url.trim() } })
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['feeds'] }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    load.mutate(file === null ? 'address' : 'file')
  }
  return (
    <form onSubmit={submit} className={styles.form} style={{ marginTop: 14 }} aria-label={`Load ${kind.toUpperCase()}`}>
      <div className={styles.grant}>
        <TextInput
          label="Address"
          description="The configured one when empty"
          value={url}
          maxLength={2_000}
          spellCheck={false}
          disabled={file !== null}
          onChange={event => setUrl(event.currentTarget.value)}
        />
        <FileInput
          label="Or a file"
          description={`Such as ${feedLabels[kind].example}`}
          placeholder="Choose a file"
          size="sm"
          clearable
          clearButtonProps={{ 'aria-label': 'Take the file away' }}
          value={file}
          onChange={setFile}
        />
        <Button type="submit" size="sm" loading={load.isPending} style={{ justifySelf: 'start' }}>
          {file === null ? `Fetch ${kind.toUpperCase()} now` : `Load ${kind.toUpperCase()} from the file`}
        </Button>
      </div>
      <Checkbox
        size="sm"
        label="Take it even if it names far fewer CVEs than the one before"
        checked={acceptsShrunk}
        onChange={event => setAcceptsShrunk(event.currentTarget.checked)}
      />
      {load.error && <ProblemView error={load.error} />}
      {load.data && (
        <Notice tone="good" title="Loaded">
          {resultText(load.data)}
        </Notice>
      )}
    </form>
  )
}
