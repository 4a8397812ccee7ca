import { Button, Skeleton } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { DeviceDecision } from '../../../contract/devices.ts'
import { Empty } from '../../components/empty.tsx'
import { Ago } from '../../components/instant.tsx'
import { LoadMore } from '../../components/list/load-more.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useUndoDecision } from '../../lib/device-actions.ts'
import { deviceDecisionsQuery } from '../../lib/device-queries.ts'
import { counted } from '../../lib/format.ts'
import { rowsOf } from '../../lib/queries.ts'
import { useHasRole } from '../../lib/session.ts'
import styles from './devices.module.css'

/** What people said, newest first. */
export function DecisionsList() {
  const query = useInfiniteQuery(deviceDecisionsQuery)
  return (
    <QueryView
      query={query}
      skeleton={<Skeleton height={240} />}
      isEmpty={data => data.pages[0]?.items.length === 0}
      empty={<Empty title="Nobody has decided anything yet: the evidence alone makes the devices." />}
    >
      {data => (
        <>
          <Acts decisions={rowsOf(data).rows} />
          <LoadMore more={query} mt="sm" />
        </>
      )}
    </QueryView>
  )
}

/** What was decided together is one row, and is taken back together. */
export function Acts({ decisions }: { decisions: readonly DeviceDecision[] }) {
  const undo = useUndoDecision()
  const may = useHasRole('operator')
  const acts = [...Map.groupBy(decisions, decision => decision.act_id).values()]
  return (
    <>
      {undo.error && <ProblemView error={undo.error} />}
      <PlainTable
        label="Decisions"
        className={styles.table}
        columns={['Decided', 'Records', 'Why', 'By', 'When', 'Stands']}
        hasActs={may}
      >
        {acts.map(act => {
          const first = act[0]!
          const standing = act.find(one => one.undone_at === null)
          return (
            <tr key={first.act_id}>
              <td data-label="Decided">{first.is_same ? 'One device' : 'Different devices'}</td>
              <td data-label="Records">
                <Records act={act} />
              </td>
              <td data-label="Why">{first.reason === null ? '–' : <OutsideName text={first.reason} />}</td>
              <td data-label="By">
                <OutsideName text={first.decided_by} />
              </td>
              <td data-label="When">
                <Ago at={first.decided_at} />
              </td>
              <td data-label="Stands">{standing ? 'yes' : <TakenBack decision={first} />}</td>
              {may && (
                <td data-label="">
                  {standing && (
                    <Button
                      variant="default"
                      size="compact-sm"
                      loading={undo.isPending && undo.variables === standing.id}
                      onClick={() => undo.mutate(standing.id)}
                      aria-label={`Undo decision ${first.act_id}`}
                    >
                      Undo
                    </Button>
                  )}
                </td>
              )}
            </tr>
          )
        })}
      </PlainTable>
    </>
  )
}

const namedAtMost = 6

function Records({ act }: { act: readonly DeviceDecision[] }) {
  const names = new Map(act.flatMap(({ asset_ids, names }) => asset_ids.map((id, side) => [id, names[side]] as const)))
  return (
    <>
      {[...names].slice(0, namedAtMost).map(([id, name], index) => (
        <span key={id}>
          {index > 0 && ', '}
          <Link to="/assets/tenable/$id" params={{ id: String(id) }}>
            <OutsideName text={name ?? `asset ${id}, which is gone`} />
          </Link>
        </span>
      ))}
      {names.size > namedAtMost && ` and ${counted(names.size - namedAtMost, 'record')} more`}
    </>
  )
}

function TakenBack({ decision }: { decision: DeviceDecision }) {
  return (
    <span className="dim">
      taken back <Ago at={decision.undone_at} />
      {decision.undone_by !== null && (
        <>
          {' '}
          by <OutsideName text={decision.undone_by} />
        </>
      )}
    </span>
  )
}
