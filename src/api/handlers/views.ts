import type { Principal } from '../../store/accounts/principal.ts'
import { listPreferences, setPreference } from '../../store/views/list-preferences.ts'
import { type Viewer, viewerOf } from '../../store/views/reach.ts'
import {
  createView,
  getView,
  listSharingTenants,
  listViews,
  removeView,
  updateView,
} from '../../store/views/saved-views.ts'
import { type Handlers, WithStatus } from '../handler.ts'

/** How people look at lists. A view is words: what they find is looked up as whoever opens it. */
export const viewHandlers = {
  listViews: async ({ unscoped }, { query, principal }) => ({
    items: await listViews(unscoped, viewerBy(principal), query.page),
    tenants: await listSharingTenants(unscoped, viewerBy(principal)),
  }),
  createView: async ({ unscoped }, { body: { page, ...input }, principal, actor }) =>
    new WithStatus<'createView'>(201, await createView(unscoped, viewerBy(principal), page, input, actor)),
  getView: ({ unscoped }, { params, principal }) => getView(unscoped, viewerBy(principal), params.id),
  updateView: ({ unscoped }, { params, body, principal, actor }) =>
    updateView(unscoped, viewerBy(principal), params.id, body, actor),
  removeView: ({ unscoped }, { params, principal, actor }) =>
    removeView(unscoped, viewerBy(principal), params.id, actor),

  getListPreferences: async ({ unscoped }, { principal }) => ({
    items: await listPreferences(unscoped, viewerBy(principal)),
  }),
  setListPreference: ({ unscoped }, { body, principal }) => setPreference(unscoped, viewerBy(principal), body),
} satisfies Partial<Handlers>

function viewerBy(principal: Principal | null): Viewer {
  return viewerOf(principal!.userId, principal!.grants)
}
