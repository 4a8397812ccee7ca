import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { SourceView } from '../../../contract/sources.ts'
import type { RunView } from '../../../contract/sync.ts'
import { useLive } from '../../app/live.tsx'
import { Empty } from '../../components/empty.tsx'
import { PageFrame } from '../../components/page.tsx'
import { Panel } from '../../components/panel.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { RoleNote } from '../../components/role-note.tsx'
import { SourceForm } from '../../components/source/source-form.tsx'
import { sourcesQuery, syncQuery } from '../../lib/queries.ts'
import { isActive } from '../../lib/runs.ts'
import { useHasRole } from '../../lib/session.ts'
import { useStartSync } from '../../lib/sync-actions.ts'
import { ScopeForm } from '../settings/tenable/scope-form.tsx'
import styles from './first-run.module.css'
import { FirstSync } from './first-sync.tsx'
import { FirstVerdict } from './first-verdict.tsx'

const steps = ['Connect', 'Choose what is mirrored', 'First sync', 'Verdict'] as const

const sentences = [
  'Connect Tenable to start: two keys, a test, and the first sync.',
  'Connected. Mirror everything, or a part of it.',
  'The first sync reads everything the source has.',
  'Read. The whole store is looked at before you rely on it.',
] as const

/** Before anything was read: from two keys to a mirror that was found sound. */
export default function FirstRun({ onDone }: { onDone: () => void }) {
  const query = useQuery(sourcesQuery)
  const source = query.data?.items[0]
  const run = useFirstRunOf(source)
  const step = source === undefined ? 0 : run === undefined ? 1 : run.status === 'completed' ? 3 : 2
  return (
    <PageFrame
      title="Overview"
      sentence={sentences[step]}
      actions={
        source !== undefined && (
          <Button size="sm" variant={step === 3 ? 'filled' : 'default'} onClick={onDone}>
            {step === 3 ? 'Open the overview' : 'Leave the set-up'}
          </Button>
        )
      }
    >
      <ol className={styles.steps} aria-label="Set-up">
        {steps.map((name, index) => (
          <li
            key={name}
            aria-current={index === step ? 'step' : undefined}
            data-state={index < step ? 'done' : index === step ? 'now' : 'later'}
          >
            {name}
            {index < step && <span className="only-spoken"> (done)</span>}
          </li>
        ))}
      </ol>
      <QueryView query={query} skeleton={<Skeleton height={420} />}>
        {() =>
          source === undefined ? (
            <Connect />
          ) : run === undefined ? (
            <Choose source={source} />
          ) : (
            <div className="stacked">
              <FirstSync source={source} run={run} />
              {run.status === 'completed' && <FirstVerdict />}
            </div>
          )
        }
      </QueryView>
    </PageFrame>
  )
}

/** The newest run of the source, as it goes. */
function useFirstRunOf(source: SourceView | undefined): RunView | undefined {
  const { data: status } = useQuery(syncQuery)
  const live = useLive().state.runs
  if (source === undefined) return undefined
  const of = [...live.values()].filter(run => run.source_id === source.id)
  const newest = of.sort((one, other) => other.id - one.id)[0]
  const known = status?.sources.find(one => one.source_id === source.id)?.last_run ?? undefined
  const asked = status?.active.find(run => run.source_id === source.id && isActive(run))
  return newest ?? asked ?? known
}

function Connect() {
  const may = useHasRole('admin')
  if (!may) {
    return (
      <Empty title="Nothing is connected yet.">
        <RoleNote needed="admin" what="Connecting Tenable" />
      </Empty>
    )
  }
  return (
    <div className="stacked">
      <Panel title="Connect Tenable">
        <SourceForm saveLabel="Save and go on" onSaved={() => Promise.resolve()} />
      </Panel>
      <Panel title="Or look at demonstration data">
        <p className={styles.demo}>
          A simulated tenant shows everything without keys. Run <code className="mono">npm run demo</code> where Tenfold
          is installed: it starts the tenant, mirrors it, compares the mirror with it, and says where its own page is.
          Its data lives apart and never mixes with yours.
        </p>
      </Panel>
    </div>
  )
}

function Choose({ source }: { source: SourceView }) {
  const start = useStartSync()
  const may = useHasRole('operator')
  const isWhole = Object.keys(source.scope).length === 0
  return (
    <div className="stacked">
      <Panel title={`What is mirrored of ${source.name}`}>
        <ScopeForm source={source} />
      </Panel>
      {start.error && <ProblemView error={start.error} />}
      <RoleNote needed="operator" what="Starting a sync" />
      {may && (
        <div>
          <Button
            size="sm"
            loading={start.isPending}
            onClick={() => start.mutate({ sourceId: source.id, kind: 'full' })}
          >
            {isWhole ? 'Start the first sync of everything' : 'Start the first sync within the scope'}
          </Button>
        </div>
      )}
    </div>
  )
}
