import type { Density, ListPage } from '../../domain/list-page.ts'
import { ConfigError, NotFoundError, TenfoldError } from '../../platform/errors.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Database, Queryable } from '../database.ts'
import { mayChange, type Viewer } from './reach.ts'

export interface SavedView {
  readonly id: number
  readonly page: ListPage
  readonly name: string
  readonly filter: string
  readonly sort: string | null
  readonly columns: string[] | null
  readonly density: Density | null
  readonly is_shared: boolean
  readonly tenant_id: number | null
  readonly tenant: string | null
  readonly owner: string | null
  readonly is_own: boolean
  readonly may_change: boolean
  readonly created_at: string
  readonly updated_at: string
}

/** What a person says of a view. */
export interface ViewInput {
  readonly name: string
  readonly filter: string
  readonly sort: string | null
  readonly columns: readonly string[] | null
  readonly density: Density | null
  readonly is_shared: boolean
  /** Null: the only tenant that they have a role in. */
  readonly tenant_id: number | null
}

const viewsAtMost = 500

/** Their own and what is shared with them, by name. */
export async function listViews(queryable: Queryable, viewer: Viewer, page?: ListPage): Promise<SavedView[]> {
  return loadViews(queryable, viewer, 'and ($4::text is null or v.page = $4)', page ?? null)
}

/** Those that a person may share a view with. */
export async function listSharingTenants(
  queryable: Queryable,
  { isEverywhere, tenantIds }: Viewer,
): Promise<{ readonly id: number; readonly name: string }[]> {
  const { rows } = await queryable.query<{ id: number; name: string }>(
    `select tenant_id as id, name
     from tenant
     where $1 or tenant_id = any($2::integer[])
     order by tenant_id`,
    [isEverywhere, tenantIds],
  )
  return rows
}

/** @throws NotFoundError `view_not_found` also for one that is somebody else's alone */
export async function getView(queryable: Queryable, viewer: Viewer, id: number): Promise<SavedView> {
  const [view] = await loadViews(queryable, viewer, 'and v.view_id = $4', id)
  if (!view) throw notFound(id)
  return view
}

/** @throws ConfigError `view_name_taken`, `too_many_views`, `tenant_needed` */
export async function createView(
  database: Database,
  viewer: Viewer,
  page: ListPage,
  input: ViewInput,
  actor: Actor,
): Promise<SavedView> {
  return database.transaction(async connection => {
    await lockViewsOf(connection, viewer.userId)
    await refuseTooMany(connection, viewer.userId)
    await refuseTakenName(connection, { userId: viewer.userId, page, name: input.name, except: null })
    const tenantId = await tenantOf(connection, viewer, input)
    const { rows } = await connection.query<{ id: number }>(
      `insert into saved_view (user_id, page, tenant_id, name, filter, sort, columns, density)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       returning view_id as id`,
      [viewer.userId, page, ...valuesOf(input, tenantId)],
    )
    const view = await getView(connection, viewer, rows[0]!.id)
    await recordAudit(connection, auditOf(actor, 'view.created', view))
    return view
  })
}

/**
 * A shared view that somebody else changes stays its owner's.
 * @throws NotFoundError `view_not_found`
 * @throws TenfoldError `view_not_yours`
 * @throws ConfigError `view_name_taken`, `tenant_needed`
 */
export async function updateView(
  database: Database,
  viewer: Viewer,
  id: number,
  input: ViewInput,
  actor: Actor,
): Promise<SavedView> {
  return database.transaction(async connection => {
    const { userId, tenantId: before, page } = await getOwnedView(connection, viewer, id)
    if (userId !== null) {
      await lockViewsOf(connection, userId)
      await refuseTakenName(connection, { userId, page, name: input.name, except: id })
    }
    const tenantId = await tenantOf(connection, viewer, { ...input, tenant_id: input.tenant_id ?? before })
    if (userId !== viewer.userId && tenantId === null) throw staysShared(id)
    await connection.query(
      `update saved_view
       set tenant_id = $1, name = $2, filter = $3, sort = $4, columns = $5, density = $6, updated_at = now()
       where view_id = $7`,
      [...valuesOf(input, tenantId), id],
    )
    const view = await getView(connection, viewer, id)
    await recordAudit(connection, auditOf(actor, 'view.changed', view))
    return view
  })
}

/**
 * @throws NotFoundError `view_not_found`
 * @throws TenfoldError `view_not_yours`
 */
export async function removeView(database: Database, viewer: Viewer, id: number, actor: Actor): Promise<SavedView> {
  return database.transaction(async connection => {
    await getOwnedView(connection, viewer, id)
    const view = await getView(connection, viewer, id)
    await connection.query('delete from saved_view where view_id = $1', [id])
    await recordAudit(connection, auditOf(actor, 'view.removed', view))
    return view
  })
}

/** Whether somebody sees a view of a list. */
export async function seesView(queryable: Queryable, viewer: Viewer, id: number, page: ListPage): Promise<boolean> {
  const [view] = await loadViews(queryable, viewer, 'and v.view_id = $4', id)
  return view?.page === page
}

/** The views that are nobody's but theirs go with a person; what they shared stays with the others. */
export async function removeViewsOf(connection: Queryable, userId: number): Promise<void> {
  await connection.query('delete from saved_view where user_id = $1 and tenant_id is null', [userId])
}

/** The view of $1 to $3; another condition may follow. */
export const isSeen = '(v.user_id = $1 or (v.tenant_id is not null and ($2 or v.tenant_id = any($3::integer[]))))'

export function seenBy({ userId, isEverywhere, tenantIds }: Viewer): readonly unknown[] {
  return [userId, isEverywhere, tenantIds]
}

type ViewRow = Omit<SavedView, 'is_own' | 'may_change' | 'is_shared'> & { readonly user_id: number | null }

async function loadViews(
  queryable: Queryable,
  viewer: Viewer,
  condition: string,
  value: number | string | null,
): Promise<SavedView[]> {
  const { rows } = await queryable.query<ViewRow & Record<string, unknown>>(
    `select v.view_id as id, v.user_id, v.page, v.name, v.filter, v.sort, v.columns, v.density, v.tenant_id,
            t.name as tenant, u.display_name as owner, v.created_at, v.updated_at
     from saved_view v
     left join tenant t on t.tenant_id = v.tenant_id
     left join app_user u on u.user_id = v.user_id
     where ${isSeen} ${condition}
     order by lower(v.name) collate "C", v.view_id`,
    [...seenBy(viewer), value],
  )
  return rows.map(({ user_id: userId, ...view }) => ({
    ...view,
    is_shared: view.tenant_id !== null,
    is_own: userId === viewer.userId,
    may_change: mayChange(viewer, { userId, tenantId: view.tenant_id }),
  }))
}

interface OwnedView {
  readonly userId: number | null
  readonly tenantId: number | null
  readonly page: ListPage
}

/** One that may be changed; it waits for whoever changes it now. */
async function getOwnedView(connection: Queryable, viewer: Viewer, id: number): Promise<OwnedView> {
  const { rows } = await connection.query<OwnedView & Record<string, unknown>>(
    `select user_id as "userId", tenant_id as "tenantId", page
     from saved_view v
     where ${isSeen} and view_id = $4
     for update`,
    [...seenBy(viewer), id],
  )
  const [view] = rows
  if (!view) throw notFound(id)
  if (!mayChange(viewer, view)) {
    throw new TenfoldError(
      'view_not_yours',
      `View ${id} is somebody else's: its owner or an administrator of the tenant changes it. Save it under another name.`,
      { context: { view: id } },
    )
  }
  return view
}

async function tenantOf(queryable: Queryable, viewer: Viewer, input: ViewInput): Promise<number | null> {
  if (!input.is_shared) return null
  const tenants = await listSharingTenants(queryable, viewer)
  const fitting = input.tenant_id === null ? tenants : tenants.filter(tenant => tenant.id === input.tenant_id)
  if (fitting.length === 1) return fitting[0]!.id
  const named = tenants.map(tenant => `${tenant.id} (${tenant.name})`).join(', ')
  throw new ConfigError(
    'tenant_needed',
    tenants.length === 0
      ? 'You have no role in any tenant, so there is nobody to share a view with.'
      : `Say with which tenant to share the view, in tenant_id: ${named}.`,
    { context: { field: 'body.tenant_id' } },
  )
}

function valuesOf(input: ViewInput, tenantId: number | null): readonly unknown[] {
  return [tenantId, input.name.trim(), input.filter, input.sort, input.columns, input.density]
}

/** Two browsers of a person save one after the other. */
async function lockViewsOf(connection: Queryable, userId: number): Promise<void> {
  await connection.query('select from app_user where user_id = $1 for update', [userId])
}

async function refuseTooMany(queryable: Queryable, userId: number): Promise<void> {
  const { rows } = await queryable.query<{ count: number }>(
    'select count(*)::integer as count from saved_view where user_id = $1',
    [userId],
  )
  if (rows[0]!.count < viewsAtMost) return
  throw new ConfigError(
    'too_many_views',
    `You have ${viewsAtMost} saved views, which is as many as there may be. Remove some first.`,
  )
}

interface WantedName {
  readonly userId: number
  readonly page: ListPage
  readonly name: string
  readonly except: number | null
}

async function refuseTakenName(queryable: Queryable, { userId, page, name, except }: WantedName): Promise<void> {
  const { rows } = await queryable.query(
    `select from saved_view
     where user_id = $1 and page = $2 and lower(name) = lower($3) and view_id is distinct from $4`,
    [userId, page, name.trim(), except],
  )
  if (rows.length === 0) return
  throw new ConfigError(
    'view_name_taken',
    `There is a view called ${name.trim()} for this list already. Choose another name, or change that view.`,
    { context: { field: 'body.name' } },
  )
}

function staysShared(id: number): ConfigError {
  return new ConfigError(
    'tenant_needed',
    `View ${id} is not yours, so it stays shared: only its owner takes it back. Remove it if nobody needs it.`,
    { context: { field: 'body.is_shared' } },
  )
}

function notFound(id: number): NotFoundError {
  return new NotFoundError('view_not_found', `There is no view ${id} for you. The list of views shows yours.`, {
    context: { view: id },
  })
}

function auditOf(actor: Actor, action: string, { id, page, name, tenant_id }: SavedView) {
  return { actor, action, subject: `view:${id}`, detail: { page, name, tenant_id } }
}
