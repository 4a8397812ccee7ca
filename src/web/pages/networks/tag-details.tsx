import { Skeleton } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { DirectoryTagView } from '../../../contract/directories.ts'
import { DetailsPanel, Section } from '../../components/details-panel.tsx'
import { Facts } from '../../components/facts.tsx'
import { Ago } from '../../components/instant.tsx'
import { ExportMenu } from '../../components/list/export-menu.tsx'
import { LoadMore } from '../../components/list/load-more.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { api } from '../../lib/api.ts'
import { counted } from '../../lib/format.ts'
import { tagMembersQuery, tagQuery } from '../../lib/network-queries.ts'
import { readNetworkSearch } from '../../lib/network-search.ts'
import { rowsOf } from '../../lib/queries.ts'
import styles from './networks.module.css'

const route = getRouteApi('/networks/tags/$id')
const page = getRouteApi('/networks')

/** A tag, and the assets that have it now or had it on a day. */
export function TagDetails() {
  const { id } = route.useParams()
  const navigate = useNavigate()
  const query = useQuery(tagQuery(id))
  const tag = query.data
  return (
    <DetailsPanel
      subject={id}
      title={tag ? <OutsideName text={`${tag.category}: ${tag.value}`} /> : 'Tag'}
      onClose={() => void navigate({ to: '/networks', search: true, resetScroll: false })}
    >
      {tag && <TagFacts tag={tag} />}
      <Members id={id} />
    </DetailsPanel>
  )
}

function TagFacts({ tag }: { tag: DirectoryTagView }) {
  return (
    <>
      <p style={{ margin: 0 }}>
        <Link to="/assets/tenable" search={{ tag: [`${tag.category}:${tag.value}`], source_id: [tag.source_id] }}>
          {counted(tag.members, 'asset')}
        </Link>{' '}
        {tag.members === 1 ? 'has' : 'have'} it now.
      </p>
      <Facts
        facts={[
          ['Type', tag.type],
          ['Description', tag.description && <OutsideName text={tag.description} />],
          ['Category', tag.category_description && <OutsideName text={tag.category_description} />],
          ['Made', tag.created_at && <Ago at={tag.created_at} />],
          ['Made by', tag.created_by && <OutsideName text={tag.created_by} />],
          ['Changed', tag.modified_at && <Ago at={tag.modified_at} />],
          ['No longer listed since', tag.gone_at && <Ago at={tag.gone_at} />],
          ['Source', <OutsideName key="s" text={tag.source} />],
        ]}
      />
    </>
  )
}

function Members({ id }: { id: string }) {
  const search = page.useSearch()
  const navigate = useNavigate()
  const { as_of: asOf } = search
  const query = useInfiniteQuery(tagMembersQuery(id, asOf))
  const first = query.data?.pages[0]
  return (
    <Section
      title={asOf === undefined ? 'Assets now' : `Assets at the end of ${asOf} (UTC)`}
      aside={
        <span className={styles.day}>
          <label className={styles.day}>
            <span className="dim">On</span>
            <input
              type="date"
              max={new Date().toISOString().slice(0, 10)}
              value={asOf ?? ''}
              onChange={event =>
                void navigate({
                  to: '/networks/tags/$id',
                  params: { id },
                  search: readNetworkSearch({ ...search, as_of: event.currentTarget.value }),
                  resetScroll: false,
                  replace: true,
                })
              }
            />
          </label>
          <ExportMenu
            label="Export members"
            href={format => api.url('exportTagMembers', { params: { id }, query: { as_of: asOf, format } })}
          />
        </span>
      }
    >
      <QueryView
        query={query}
        skeleton={<Skeleton height={160} />}
        isEmpty={data => data.pages[0]?.items.length === 0}
        empty={
          <p className="dim">{asOf === undefined ? 'No asset has it.' : 'No asset is known to have had it then.'}</p>
        }
      >
        {data => (
          <>
            <p className="dim" style={{ margin: '0 0 4px' }}>
              {first?.total !== undefined && counted(first.total, 'asset')}
            </p>
            <ul className={styles.members} aria-label="Assets with the tag">
              {rowsOf(data).rows.map(row => (
                <li key={row.id}>
                  <Link to="/assets/tenable/$id" params={{ id: String(row.id) }}>
                    <OutsideName text={row.name} />
                  </Link>
                  <span className="dim">{row.added_at !== null && <Ago at={row.added_at} />}</span>
                </li>
              ))}
            </ul>
            <LoadMore more={query} mt="sm" />
          </>
        )}
      </QueryView>
    </Section>
  )
}
