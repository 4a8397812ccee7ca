import { Readable } from 'node:stream'
import { getCveScores, listFeeds } from '../../store/queries/feeds.ts'
import { loadFeedBytes, loadFeedUrl } from '../../sync/feeds.ts'
import type { Handlers } from '../handler.ts'

export const feedHandlers = {
  listFeeds: async ({ database, scoreFeeds }) => ({ is_on: scoreFeeds.isOn, items: await listFeeds(database) }),

  loadFeed: async ({ database, clock, scoreFeeds }, { params, query, body, request, actor, signal }) => {
    const choice = { kind: params.kind, scoreOn: query.date, acceptShrunk: query.accept_shrunk }
    // What was uploaded comes as a stream, which no JSON can be.
    const upload: unknown = request.body
    if (upload instanceof Readable) {
      return loadFeedBytes({ database, clock }, choice, upload, query.name ?? 'upload', actor)
    }
    return loadFeedUrl({ database, clock, settings: scoreFeeds }, choice, body?.url, actor, signal)
  },

  getCveScores: ({ database }, { params, query }) => getCveScores(database, params.cve, query.on),
} satisfies Partial<Handlers>
