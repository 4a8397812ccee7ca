import type { ReactNode } from 'react'
import type { ListPage } from '../../../domain/list-page.ts'
import type { Column } from './column.ts'
import { ColumnChooser } from './column-chooser.tsx'
import { DataList, type DataListProps } from './data-list.tsx'
import { DensitySwitch } from './density.tsx'
import { ExportMenu, type FilesProps } from './export-menu.tsx'
import styles from './list-tools.module.css'
import type { More } from './load-more.tsx'
import { ListSkeleton } from './skeleton.tsx'
import { useListView } from './use-list-view.ts'

interface WholeListProps<R>
  extends Pick<DataListProps<R>, 'label' | 'rows' | 'rowKey' | 'rowName' | 'card' | 'expansion' | 'rowMenu'> {
  readonly page: ListPage
  readonly columns: readonly Column<R>[]
  /** What the file has, in words: "Export people". */
  readonly exportLabel: string
  readonly href: FilesProps['href']
  /** Beside the tools, at the near end. */
  readonly children?: ReactNode
}

const noMore: More = {
  hasNextPage: false,
  isFetchingNextPage: false,
  isFetchNextPageError: false,
  fetchNextPage: () => Promise.resolve(),
}

/** A list that is short and in hand whole, with the keys, the copying, the columns and the files of the long ones. */
export function WholeList<R extends object>({
  page,
  columns,
  exportLabel,
  href,
  children,
  ...list
}: WholeListProps<R>) {
  const view = useListView(page, columns)
  return (
    <div>
      <div className={styles.head}>
        {children}
        <div className={styles.tools}>
          <ColumnChooser view={view} />
          <DensitySwitch view={view} />
          <ExportMenu label={exportLabel} href={href} isMain />
        </div>
      </div>
      <DataList {...list} columns={view.columns} rowHeight={view.rowHeight} total={list.rows.length} more={noMore} />
    </div>
  )
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
