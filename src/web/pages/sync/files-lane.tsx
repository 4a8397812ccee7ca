import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { SourceView } from '../../../contract/sources.ts'
import { Ago } from '../../components/instant.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import card from '../../components/source/source.module.css'
import { syncQuery } from '../../lib/queries.ts'
import { sourceKindLabels } from '../../lib/source-kinds.ts'
import styles from './sync.module.css'

/** A source of files: nothing runs by itself, and nothing is late. */
export function FilesLane({ source }: { source: SourceView }) {
  const { data: sync } = useQuery(syncQuery)
  const asOf = sync?.sources.find(one => one.source_id === source.id)?.as_of ?? null
  return (
    <li className={styles.sourceLane} aria-label={`Source ${source.name}`}>
      <div className={styles.laneHead}>
        <div className={card.badges}>
          <span className={card.sourceName}>
            <OutsideName text={source.name} />
          </span>
          <span className={card.badge}>{sourceKindLabels[source.kind]}</span>
        </div>
      </div>
      <p className="dim" style={{ margin: 0 }}>
        It is no part of any sync: people bring its files on <Link to="/imports">Imports</Link>.{' '}
        {asOf !== null && (
          <>
            The newest speaks for <Ago at={asOf} />.
          </>
        )}
      </p>
    </li>
  )
}
