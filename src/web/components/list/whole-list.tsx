import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { ListPage } from '../../../domain/list-page.ts'
import { useRememberSearch } from '../../lib/list-preferences.ts'
import { readListSearch } from '../../lib/list-search.ts'
import type { RawSearch } from '../../lib/search-params.ts'
import { type Fact, Facts } from '../facts.tsx'
import type { Column } from './column.ts'
import { DataList, type DataListProps } from './data-list.tsx'
import { ExportMenu, type FilesProps } from './export-menu.tsx'
import styles from './list-tools.module.css'
import { ListTools } from './list-tools.tsx'
import type { More } from './load-more.tsx'
import { type RowAct, RowActItems, RowActs } from './row-acts.tsx'
import { ListSkeleton } from './skeleton.tsx'
import { useListView } from './use-list-view.ts'

interface WholeListProps<R> extends Pick<DataListProps<R>, 'label' | 'rows' | 'rowKey' | 'rowName' | 'card'> {
  readonly page: ListPage
  readonly columns: readonly Column<R>[]
  /** What can be done with a row, in its menu and where it is open. */
  readonly acts: (row: R) => readonly RowAct[]
  /** What a row tells when it is open. */
  readonly facts: (row: R) => readonly Fact[]
  /** What the file has, in words: "Export people". */
  readonly exportLabel: string
  readonly href: FilesProps['href']
}

const noMore: More = {
  hasNextPage: false,
  isFetchingNextPage: false,
  isFetchNextPageError: false,
  fetchNextPage: () => Promise.resolve(),
}

/**
 * A list that is short and in hand whole, with the keys, the copying, the views, the columns and the files of the long ones.
 * Its order is in the address: of a page whose search is read with `readListSearch`.
 */
export function WholeList<R extends object>({
  page,
  columns,
  rows,
  acts,
  facts,
  exportLabel,
  href,
  ...list
}: WholeListProps<R>) {
  const search = { ...readListSearch(useSearch({ strict: false })) }
  const navigate = useNavigate()
  const apply = (next: RawSearch) => void navigate({ to: '.', search: readListSearch(next), resetScroll: false })
  useRememberSearch(page, search)
  const sortable = useMemo(
    () => columns.map(column => ({ ...column, isSortable: column.text !== undefined })),
    [columns],
  )
  const view = useListView(page, sortable)
  const sorted = useMemo(() => sortedBy(rows, columns, search.sort), [rows, columns, search.sort])
  return (
    <div>
      <div className={styles.head}>
        <div className={styles.tools}>
          <ListTools view={view} search={search} onApply={apply} />
          <ExportMenu label={exportLabel} href={href} isMain />
        </div>
      </div>
      <DataList
        {...list}
        rows={sorted}
        columns={view.columns}
        rowHeight={view.rowHeight}
        rowMenu={row => <RowActItems acts={acts(row)} />}
        expansion={{
          label: row => `More of ${list.rowName(row)}`,
          content: row => (
            <>
              <Facts facts={facts(row)} />
              <RowActs acts={acts(row)} />
            </>
          ),
        }}
        sort={search.sort ?? ''}
        onSort={sort => apply({ sort })}
        total={rows.length}
        more={noMore}
      />
    </div>
  )
}

const collator = new Intl.Collator('en', { numeric: true })

/** What has no value comes last, either way. */
function sortedBy<R>(rows: readonly R[], columns: readonly Column<R>[], sort = ''): readonly R[] {
  const text = columns.find(column => column.id === sort.replace(/^-/, ''))?.text
  if (text === undefined) return rows
  const sign = sort.startsWith('-') ? -1 : 1
  return rows.toSorted((one, other) => {
    const [value, than] = [text(one) ?? '', text(other) ?? '']
    if (value === '' || than === '') return Number(value === '') - Number(than === '')
    return (
      sign *
      (typeof value === 'number' && typeof than === 'number'
        ? value - than
        : collator.compare(String(value), String(than)))
    )
  })
}

/** With the room of what stands above the rows. */
export function WholeListSkeleton({ rows }: { readonly rows: number }) {
  return (
    <div>
      <div className={styles.headSkeleton} />
      <ListSkeleton rows={rows} />
    </div>
  )
}
