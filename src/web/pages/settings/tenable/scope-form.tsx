import { Button, Checkbox, MultiSelect, TagsInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { SourceScope } from '../../../../contract/scope.ts'
import type { SourceView } from '../../../../contract/sources.ts'
import type { Severity } from '../../../../domain/severity.ts'
import { ProblemView } from '../../../components/problem-view.tsx'
import { networksOfQuery, tagsOfQuery } from '../../../lib/console-queries.ts'
import { count, counted } from '../../../lib/format.ts'
import { useHasRole } from '../../../lib/session.ts'
import { severityLabels, worstFirst } from '../../../lib/severity.ts'
import { settingsOf, useUpdateSource } from '../../../lib/source-actions.ts'
import styles from './tenable.module.css'

interface Draft {
  readonly tags: readonly string[]
  readonly networks: readonly string[]
  readonly severities: readonly Severity[]
}

/** The part of the source that is mirrored. */
export function ScopeForm({ source, onSaved }: { readonly source: SourceView; readonly onSaved?: () => void }) {
  const [typed, setTyped] = useState(() => draftOf(source.scope))
  const networks = useQuery(networksOfQuery(source.id))
  const tags = useQuery(tagsOfQuery(source.id))
  const update = useUpdateSource(source.id)
  const may = useHasRole('admin')
  const scope = scopeOf(typed)
  const isChanged = JSON.stringify(scope) !== JSON.stringify(scopeOf(draftOf(source.scope)))
  const wrong = typed.tags.filter(tag => !isTag(tag))
  const set = (change: Partial<Draft>) => {
    setTyped({ ...typed, ...change })
    update.reset()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    update.mutate({ settings: { ...settingsOf(source), scope } }, { onSuccess: () => onSaved?.() })
  }
  const names = new Map(networks.data?.items.map(network => [network.uuid, network.name]))
  const left = source.out_of_scope
  return (
    <form onSubmit={submit} className={styles.group} autoComplete="off" aria-label="Scope">
      <h3>Scope</h3>
      <span className="dim">
        What is mirrored of this source; with nothing chosen, everything. {scopeText(source.scope)}
        {left.assets + left.findings > 0 &&
          ` Outside are ${counted(left.assets, 'asset')} and ${counted(left.findings, 'finding')}: kept, marked, and counted apart.`}
      </span>
      <TagsInput
        label="Tags"
        description="Category:Value. Values of one category are alternatives, different categories must all hold"
        data={[...new Set(tags.data?.items.map(tag => `${tag.category}:${tag.value}`))]}
        value={[...typed.tags]}
        disabled={!may}
        error={wrong.length > 0 && `${wrong.join(', ')}: write a tag as Category:Value`}
        clearable
        clearButtonProps={{ 'aria-label': 'Choose no tag' }}
        onChange={value => set({ tags: value })}
      />
      <MultiSelect
        label="Networks"
        description="Any of them"
        placeholder={networks.data?.items.length === 0 ? 'Known after the first sync' : undefined}
        data={[...new Set([...names.keys(), ...typed.networks])].map(value => ({
          value,
          label: names.get(value) ?? value,
        }))}
        value={[...typed.networks]}
        disabled={!may}
        searchable
        clearable
        clearButtonProps={{ 'aria-label': 'Choose no network' }}
        onChange={value => set({ networks: value })}
      />
      <Checkbox.Group
        label="Severities of findings"
        value={[...typed.severities]}
        onChange={value => set({ severities: value as Severity[] })}
      >
        <div className={styles.row} style={{ paddingTop: 6 }}>
          {worstFirst.map(severity => (
            <Checkbox key={severity} value={severity} label={severityLabels[severity]} disabled={!may} />
          ))}
        </div>
      </Checkbox.Group>
      {isChanged && (
        <span className="dim" role="status">
          The next sync then reads everything. What is outside is kept and marked, never called gone or fixed.
        </span>
      )}
      {update.error && <ProblemView error={update.error} />}
      {may && (
        <div className={styles.row} style={{ alignItems: 'center' }}>
          <Button type="submit" size="sm" disabled={!isChanged || wrong.length > 0} loading={update.isPending}>
            Save the scope
          </Button>
          {update.isSuccess && !isChanged && (
            <span className="dim" role="status">
              Saved.
            </span>
          )}
        </div>
      )}
    </form>
  )
}

function isTag(text: string): boolean {
  const at = text.indexOf(':')
  return at > 0 && text.slice(at + 1).trim() !== ''
}

function draftOf(scope: SourceScope): Draft {
  return {
    tags: (scope.tags ?? []).map(tag => `${tag.key}:${tag.value}`),
    networks: scope.networks ?? [],
    severities: scope.severities ?? [],
  }
}

/** In one order, so that the same choice is the same scope. */
function scopeOf({ tags, networks, severities }: Draft): SourceScope {
  const pairs = tags.filter(isTag).map(tag => {
    const at = tag.indexOf(':')
    return { key: tag.slice(0, at).trim(), value: tag.slice(at + 1).trim() }
  })
  const chosen = worstFirst.filter(severity => severities.includes(severity))
  return {
    ...(pairs.length > 0 ? { tags: pairs } : {}),
    ...(networks.length > 0 ? { networks: [...networks].sort() } : {}),
    ...(chosen.length > 0 ? { severities: chosen } : {}),
  }
}

function scopeText({ tags = [], networks = [], severities = [] }: SourceScope): string {
  const parts = [
    tags.length > 0 ? counted(tags.length, 'tag') : '',
    networks.length > 0 ? counted(networks.length, 'network') : '',
    severities.length > 0 ? `${count(severities.length)} of 5 severities` : '',
  ].filter(part => part !== '')
  return parts.length === 0 ? 'Now: everything.' : `Now limited by ${parts.join(', ')}.`
}
