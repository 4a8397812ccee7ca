import type { RawSearch } from '../../lib/search-params.ts'
import { ColumnChooser } from './column-chooser.tsx'
import { DensitySwitch } from './density.tsx'
import type { ListView } from './use-list-view.ts'
import { ViewsMenu } from './views-menu.tsx'

interface ListToolsProps<R> {
  readonly view: ListView<R>
  /** What the address of the page holds: filter and sort. */
  readonly search: RawSearch
  /** Opens the page with another search; the page reads of it what it knows. */
  readonly onApply: (search: RawSearch) => void
}

/** Saved views, columns and density: how the list is looked at. */
export function ListTools<R>({ view, search, onApply }: ListToolsProps<R>) {
  return (
    <>
      <ViewsMenu view={view} search={search} onApply={onApply} />
      <ColumnChooser view={view} />
      <DensitySwitch view={view} />
    </>
  )
}
