import { z } from 'zod'
import { json, noQuery, problems } from './operation-parts.ts'
import { Int4Id, numeric } from './primitives.ts'
import {
  ListPreference,
  ListPreferenceChange,
  ListPreferences,
  SavedView,
  SavedViewChange,
  SavedViewCreate,
  SavedViewList,
  viewFilterShape,
} from './views.ts'

const viewId = z.strictObject({ id: numeric(Int4Id) })

/** How people look at lists. */
export const viewOperations = {
  listViews: {
    role: 'account',
    summary: 'One’s own saved views, and those shared in one’s tenants, by name',
    tags: ['views'],
    query: z.strictObject(viewFilterShape),
    responses: { 200: json(SavedViewList), ...problems() },
  },
  createView: {
    role: 'account',
    summary: 'Save a way to look at a list under a name',
    tags: ['views'],
    query: noQuery,
    body: SavedViewCreate,
    responses: { 201: json(SavedView, 'Saved.'), ...problems(409, 413, 415, 422) },
  },
  getListPreferences: {
    role: 'account',
    summary: 'What one last chose for each list',
    tags: ['views'],
    query: noQuery,
    responses: { 200: json(ListPreferences), ...problems() },
  },
  setListPreference: {
    role: 'account',
    summary: 'Remember a choice for a list',
    description: 'What is left out stays.',
    tags: ['views'],
    query: noQuery,
    body: ListPreferenceChange,
    responses: { 200: json(ListPreference, 'Remembered.'), ...problems(404, 413, 415) },
  },
  getView: {
    role: 'account',
    summary: 'One saved view',
    tags: ['views'],
    params: viewId,
    query: noQuery,
    responses: { 200: json(SavedView), ...problems(404) },
  },
  updateView: {
    role: 'account',
    summary: 'Change a saved view',
    description:
      'The whole view: what is left out is as for a new one. A shared one is changed by its owner or an administrator of the tenant.',
    tags: ['views'],
    params: viewId,
    query: noQuery,
    body: SavedViewChange,
    responses: { 200: json(SavedView), ...problems(404, 409, 413, 415, 422) },
  },
  removeView: {
    role: 'account',
    summary: 'Remove a saved view',
    tags: ['views'],
    params: viewId,
    query: noQuery,
    responses: { 200: json(SavedView, 'Removed.'), ...problems(404) },
  },
} as const
