import { Readable } from 'node:stream'
import { getCveScores, listFeeds } from '../../store/queries/feeds.ts'
import { refuseNarrowed } from '../../store/queries/visible-sources.ts'
import { loadFeedBytes, loadFeedUrl } from '../../sync/feeds.ts'
import type { Handlers } from '../handler.ts'

export const feedHandlers = {
  // What is said of CVEs is everybody's; who loaded it is of who may see everything.
  listFeeds: async ({ database, unscoped, scoreFeeds }) => {
    const items = await listFeeds(unscoped)
    const shown = database.access.isWhole
      ? items
      : items.map(feed => ({
          ...feed,
          latest: feed.latest && { ...feed.latest, loaded_by: 'somebody', plugins_changed: 0 },
        }))
    return { is_on: scoreFeeds.isOn, items: shown }
  },

  loadFeed: async (
    { database: seen, unscoped: database, clock, scoreFeeds },
    { params, query, body, request, actor, signal },
  ) => {
    refuseNarrowed(seen)
    const choice = { kind: params.kind, scoreOn: query.date, acceptShrunk: query.accept_shrunk }
    // What was uploaded comes as a stream, which no JSON can be.
    const upload: unknown = request.body
    if (upload instanceof Readable) {
      return loadFeedBytes({ database, clock }, choice, upload, query.name ?? 'upload', actor)
    }
    return loadFeedUrl({ database, clock, settings: scoreFeeds }, choice, body?.url, actor, signal)
  },

  getCveScores: ({ unscoped }, { params, query }) => getCveScores(unscoped, params.cve, query.on),
} satisfies Partial<Handlers>
