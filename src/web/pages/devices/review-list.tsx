import { Button, Skeleton } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { DeviceLink } from '../../../contract/devices.ts'
import { Empty } from '../../components/empty.tsx'
import { LoadMore } from '../../components/list/load-more.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { RoleNote } from '../../components/role-note.tsx'
import { useDecide } from '../../lib/device-actions.ts'
import { deviceReviewsQuery } from '../../lib/device-queries.ts'
import { confidenceText } from '../../lib/device-words.ts'
import { rowsOf } from '../../lib/queries.ts'
import { useHasRole } from '../../lib/session.ts'
import styles from './devices.module.css'
import { EvidenceList } from './evidence.tsx'

/** Pairs of records that the evidence leaves open: the likeliest first. */
export function ReviewList() {
  const query = useInfiniteQuery(deviceReviewsQuery)
  return (
    <>
      <RoleNote needed="operator" what="Deciding" />
      <QueryView
        query={query}
        skeleton={<Skeleton height={320} />}
        isEmpty={data => data.pages[0]?.items.length === 0}
        empty={<Empty title="Nothing to review: the evidence decides every pair of records." />}
      >
        {data => (
          <>
            <Pairs label="Pairs to review" links={rowsOf(data).rows} />
            <LoadMore more={query} mt="sm" />
          </>
        )}
      </QueryView>
    </>
  )
}

/** Each pair with its evidence and the two answers. */
export function Pairs({ label, links }: { label: string; links: readonly DeviceLink[] }) {
  return (
    <ul className={styles.pairs} aria-label={label}>
      {links.map(link => (
        <Pair key={`${link.asset_a} ${link.asset_b}`} link={link} />
      ))}
    </ul>
  )
}

function Pair({ link }: { link: DeviceLink }) {
  const decide = useDecide()
  const may = useHasRole('operator')
  const names = `${link.name_a} (${link.source_a}) and ${link.name_b} (${link.source_b})`
  const say = (isSame: boolean) =>
    decide.mutate({
      assets: [link.asset_a, link.asset_b],
      isSame,
      words: isSame ? `${names} are one device.` : `${names} are two devices.`,
    })
  return (
    <li className={styles.pair} aria-label={names}>
      <div className={styles.sides}>
        <Side assetId={link.asset_a} name={link.name_a} source={link.source_a} device={link.device_a} />
        <Side assetId={link.asset_b} name={link.name_b} source={link.source_b} device={link.device_b} />
      </div>
      <div className={styles.verdict}>
        <div className="dim">{confidenceText(link.confidence)} that they are one device</div>
        <EvidenceList evidence={link.evidence} />
      </div>
      {may && (
        <div className={styles.answers}>
          <Button variant="default" loading={decide.isPending} onClick={() => say(true)}>
            One device
          </Button>
          <Button variant="default" loading={decide.isPending} onClick={() => say(false)}>
            Two devices
          </Button>
        </div>
      )}
      {decide.error && <ProblemView error={decide.error} />}
    </li>
  )
}

interface SideProps {
  readonly assetId: number
  readonly name: string
  readonly source: string
  readonly device: number
}

function Side({ assetId, name, source, device }: SideProps) {
  return (
    <div>
      <Link to="/assets/tenable/$id" params={{ id: String(assetId) }}>
        <OutsideName text={name} />
      </Link>
      <div className="dim">
        <OutsideName text={source} /> ·{' '}
        <Link to="/devices/$id" params={{ id: String(device) }} search={true} resetScroll={false}>
          device {device}
        </Link>
      </div>
    </div>
  )
}
