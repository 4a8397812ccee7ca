import { Button } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { SweepRowView, SweepView } from '../../../contract/sweeps.ts'
import { Confirm } from '../../components/confirm.tsx'
import { Empty } from '../../components/empty.tsx'
import { Ago } from '../../components/instant.tsx'
import { LoadMore } from '../../components/list/load-more.tsx'
import { ListSkeleton } from '../../components/list/skeleton.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { Panel } from '../../components/panel.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { RoleNote } from '../../components/role-note.tsx'
import { sweepQuery, sweepsQuery } from '../../lib/console-queries.ts'
import { count, counted } from '../../lib/format.ts'
import { rowsOf } from '../../lib/queries.ts'
import { useHasRole } from '../../lib/session.ts'
import { useDecideSweep } from '../../lib/sync-actions.ts'
import styles from './sync.module.css'

/** What full runs would end and did not dare to: it waits for a person. */
export function HeldSweeps() {
  const query = useInfiniteQuery(sweepsQuery({ status: ['held'] }))
  const { rows } = query.data === undefined ? { rows: [] } : rowsOf(query.data)
  if (rows.length === 0) return null
  return (
    <Panel title="Held for a decision" aside={<span className="dim">nothing of it has happened yet</span>}>
      <RoleNote needed="operator" what="Deciding" />
      <ul className={styles.lanes}>
        {rows.map(sweep => (
          <HeldSweep key={sweep.run_id} sweep={sweep} />
        ))}
      </ul>
      <LoadMore more={query} mt="sm" />
    </Panel>
  )
}

function HeldSweep({ sweep }: { sweep: SweepView }) {
  const [asking, setAsking] = useState<'confirm' | 'reject'>()
  const [isShown, setIsShown] = useState(false)
  const decide = useDecideSweep()
  const may = useHasRole('operator')
  const close = () => {
    setAsking(undefined)
    decide.reset()
  }
  const { assets, findings } = sweep.would_end
  const what = `${counted(assets, 'asset')} and ${counted(findings, 'finding')}`
  return (
    <li className={styles.sourceLane} aria-label={`Sweep of run ${sweep.run_id}`}>
      <div className={styles.laneHead}>
        <span>
          <strong>
            <OutsideName text={sweep.source} />: {what} would end
          </strong>{' '}
          <span className="dim">
            of {count(sweep.assets_live)} live assets and {count(sweep.findings_open)} open findings, by{' '}
            <Link to="/admin/tenable/sync/$id" params={{ id: String(sweep.run_id) }} search={true} resetScroll={false}>
              run {sweep.run_id}
            </Link>
            , <Ago at={sweep.planned_at} />
          </span>
        </span>
        {may && (
          <span className={styles.quick}>
            <Button variant="default" onClick={() => setAsking('reject')}>
              Leave everything
            </Button>
            <Button color="red" variant="outline" onClick={() => setAsking('confirm')}>
              End them
            </Button>
          </span>
        )}
      </div>
      <div>
        <OutsideName text={sweep.reason} />
      </div>
      <ByKind sweep={sweep} />
      <div>
        <Button variant="subtle" size="compact-xs" aria-expanded={isShown} onClick={() => setIsShown(!isShown)}>
          {isShown ? 'Hide examples' : 'Show examples'}
        </Button>
      </div>
      {isShown && <Examples runId={sweep.run_id} />}
      <Confirm
        isOpen={asking === 'confirm'}
        title={`End ${what} of ${sweep.source}?`}
        act={`End ${what}`}
        keep="Decide later"
        isBusy={decide.isPending}
        error={decide.error}
        onConfirm={() => decide.mutate({ runId: sweep.run_id, decision: 'confirm' }, { onSuccess: close })}
        onClose={close}
      >
        <ByKind sweep={sweep} />
        <p>
          They leave the counts. None is called fixed, their history stays, and whatever the source names again comes
          back with a note of its return.
        </p>
      </Confirm>
      <Confirm
        isOpen={asking === 'reject'}
        title={`Leave ${what} of ${sweep.source} as they are?`}
        act="Leave everything as it is"
        keep="Decide later"
        isBusy={decide.isPending}
        error={decide.error}
        onConfirm={() => decide.mutate({ runId: sweep.run_id, decision: 'reject' }, { onSuccess: close })}
        onClose={close}
      >
        <p>
          Nothing ends: all of them stay in the counts, though the source did not name them. The next complete full run
          looks again, and asks again if it is still so.
        </p>
      </Confirm>
    </li>
  )
}

/** Each kind of end with its count; those of none are left out. */
function ByKind({ sweep }: { sweep: SweepView }) {
  const { assets, asset_gone, superseded, withdrawn } = sweep.would_end
  const kinds = [
    [assets, 'asset', 'that the source no longer has: aged out'],
    [asset_gone, 'finding', 'of assets that are gone'],
    [superseded, 'finding', 'of untracked assets that a newer scan names anew'],
    [withdrawn, 'finding', 'that two full runs missed though the asset is there'],
    [sweep.unconfirmed, 'finding', 'missed for the first time: marked, not ended'],
  ] as const
  return (
    <ul className={styles.kinds}>
      {kinds
        .filter(([number]) => number > 0)
        .map(([number, noun, words]) => (
          <li key={words}>
            <strong>{counted(number, noun)}</strong> {words}
          </li>
        ))}
    </ul>
  )
}

const causeLabels = {
  aged_out: 'asset aged out',
  asset_gone: 'its asset is gone',
  superseded: 'superseded',
  withdrawn: 'withdrawn',
  out_of_scope: 'out of scope',
  unconfirmed: 'marked only',
} as const satisfies Record<SweepRowView['cause'], string>

function Examples({ runId }: { runId: number }) {
  const query = useQuery(sweepQuery(runId))
  return (
    <QueryView query={query} skeleton={<ListSkeleton rows={4} rowHeight={34} />}>
      {data => (
        <>
          <PlainTable
            label={`Examples of the sweep of run ${runId}`}
            className={styles.short}
            columns={['Asset', 'Last seen', 'Finding', 'Why']}
          >
            {data.rows.items.map(row => (
              <tr key={`${row.cause} ${row.asset_id} ${row.plugin_id} ${row.port} ${row.protocol} ${row.instance}`}>
                <td data-label="Asset">
                  <Link to="/assets/tenable/$id" params={{ id: String(row.asset_id) }}>
                    <OutsideName text={row.asset_name} />
                  </Link>
                </td>
                <td data-label="Last seen">
                  <Ago at={row.last_seen} fallback="never" />
                </td>
                <td data-label="Finding">
                  {row.plugin_id === null ? (
                    <span className="dim">the asset itself</span>
                  ) : (
                    <div>
                      <OutsideName text={row.plugin_name ?? `plugin ${row.plugin_id}`} />{' '}
                      <span className="dim">
                        {row.protocol} {row.port}
                      </span>
                    </div>
                  )}
                </td>
                <td data-label="Why">{causeLabels[row.cause]}</td>
              </tr>
            ))}
          </PlainTable>
          {data.rows.next_cursor !== null && (
            <p className="dim">
              The first {count(data.rows.items.length)}
              {data.rows.total !== undefined && ` of ${count(data.rows.total)}`}.
            </p>
          )}
        </>
      )}
    </QueryView>
  )
}

const statusWords = {
  held: 'waits for a decision',
  confirmed: 'confirmed, being carried out',
  applied: 'ended',
  rejected: 'left as it was',
  skipped: 'not swept',
} as const satisfies Record<SweepView['status'], string>

/** What full runs have ended, newest first, and why some ended nothing. */
export function SweepsList() {
  const query = useInfiniteQuery(sweepsQuery({}))
  return (
    <QueryView
      query={query}
      skeleton={<ListSkeleton rows={4} rowHeight={40} />}
      isEmpty={data => data.pages[0]?.items.length === 0}
      empty={<Empty title="No sweep yet.">Only a complete full run notices what is gone.</Empty>}
    >
      {data => (
        <>
          <PlainTable
            label="Sweeps"
            className={styles.short}
            columns={['Run', 'Status', ['Assets'], ['Findings'], ['Marked'], 'Why', 'Decided']}
          >
            {rowsOf(data).rows.map(sweep => (
              <tr key={sweep.run_id}>
                <td data-label="Run">
                  <Link
                    to="/admin/tenable/sync/$id"
                    params={{ id: String(sweep.run_id) }}
                    search={true}
                    resetScroll={false}
                  >
                    {sweep.run_id}
                  </Link>{' '}
                  <OutsideName text={sweep.source} />
                </td>
                <td data-label="Status">{statusWords[sweep.status]}</td>
                <td data-label="Assets" className="number">
                  {count(sweep.would_end.assets)}
                </td>
                <td data-label="Findings" className="number">
                  {count(sweep.would_end.findings)}
                </td>
                <td data-label="Marked" className="number">
                  {count(sweep.unconfirmed)}
                </td>
                <td data-label="Why">
                  <OutsideName text={sweep.reason} />
                </td>
                <td data-label="Decided">
                  <div>
                    <Ago at={sweep.decided_at} fallback="not yet" />
                    {sweep.decided_by !== null && (
                      <>
                        {' '}
                        by <OutsideName text={sweep.decided_by} />
                      </>
                    )}
                  </div>
                </td>
              </tr>
            ))}
          </PlainTable>
          <LoadMore more={query} mt="sm" />
        </>
      )}
    </QueryView>
  )
}
