import { CveScores, cveParams, cveQuery, FeedList, FeedResult, FeedSource, feedParams, feedQuery } from './feeds.ts'
import { json, noQuery, problems } from './operation-parts.ts'

/** What others publish about CVEs: EPSS and CISA's catalogue of those that are exploited. */
export const feedOperations = {
  listFeeds: {
    role: 'viewer',
    summary: 'The feeds of scores, EPSS and KEV: of which day, from where',
    tags: ['feeds'],
    query: noQuery,
    responses: { 200: json(FeedList), ...problems() },
  },
  loadFeed: {
    role: 'operator',
    summary: 'Load a feed: an uploaded file, or from an address',
    description:
      'Upload the file as application/octet-stream, packed with gzip or not; or name an address in a JSON body; or send ' +
      'nothing, for the configured address. A feed is taken whole or not at all. One of an older day goes into the history only.',
    tags: ['feeds'],
    params: feedParams,
    query: feedQuery,
    body: FeedSource,
    isBodyOptional: true,
    upload: 'application/octet-stream',
    responses: { 200: json(FeedResult, 'Loaded, or there already.'), ...problems(413, 415, 422) },
  },
  getCveScores: {
    role: 'viewer',
    summary: 'What the feeds say, or said on a day, of one CVE',
    tags: ['feeds'],
    params: cveParams,
    query: cveQuery,
    responses: { 200: json(CveScores), ...problems(404) },
  },
} as const
