import type { Density, ListPage } from '../../domain/list-page.ts'
import { NotFoundError } from '../../platform/errors.ts'
import type { Database, Queryable } from '../database.ts'
import type { Viewer } from './reach.ts'
import { isSeen, seenBy, seesView } from './saved-views.ts'

export interface ListPreference {
  readonly page: ListPage
  readonly filter: string
  readonly sort: string | null
  readonly columns: string[] | null
  readonly density: Density | null
  readonly default_view_id: number | null
  readonly updated_at: string
}

/** What is left out stays. */
export interface PreferenceChange {
  readonly page: ListPage
  readonly filter?: string | undefined
  readonly sort?: string | null | undefined
  readonly columns?: readonly string[] | null | undefined
  readonly density?: Density | null | undefined
  readonly default_view_id?: number | null | undefined
}

const changeable = ['filter', 'sort', 'columns', 'density', 'default_view_id'] as const

/** A default view that is not shared with them any more is none. */
export async function listPreferences(queryable: Queryable, viewer: Viewer): Promise<ListPreference[]> {
  const { rows } = await queryable.query<ListPreference & Record<string, unknown>>(
    `select p.page, p.filter, p.sort, p.columns, p.density, v.view_id as default_view_id, p.updated_at
     from list_preference p
     left join saved_view v on v.view_id = p.default_view_id and v.page = p.page and ${isSeen}
     where p.user_id = $1
     order by p.page`,
    [...seenBy(viewer)],
  )
  return rows
}

/** @throws NotFoundError `view_not_found` for a default view of another list, or that they do not see */
export async function setPreference(
  database: Database,
  viewer: Viewer,
  change: PreferenceChange,
): Promise<ListPreference> {
  const { page, default_view_id: viewId } = change
  return database.transaction(async connection => {
    if (viewId !== undefined && viewId !== null && !(await seesView(connection, viewer, viewId, page))) {
      throw new NotFoundError('view_not_found', `There is no view ${viewId} of this list for you.`, {
        context: { view: viewId, field: 'body.default_view_id' },
      })
    }
    await connection.query('insert into list_preference (user_id, page) values ($1, $2) on conflict do nothing', [
      viewer.userId,
      page,
    ])
    const given = changeable.filter(name => change[name] !== undefined)
    const assignments = given.map((name, index) => `${name} = $${index + 3}`)
    await connection.query(
      `update list_preference
       set ${[...assignments, 'updated_at = now()'].join(', ')}
       where user_id = $1 and page = $2`,
      [viewer.userId, page, ...given.map(name => change[name])],
    )
    return (await listPreferences(connection, viewer)).find(preference => preference.page === page)!
  })
}
