import type { Asset } from '../../domain/asset.ts'
import type { Finding } from '../../domain/finding.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { Batch, Part } from '../connector.ts'
import type { SecurityCenterClient } from './client.ts'
import type { FindingMemory } from './finding-memory.ts'
import { Gathering } from './gathering.ts'
import { normaliseFinding } from './normalise.ts'
import { namesOfListedHost, normaliseHost } from './normalise-host.ts'
import { readPluginPages } from './plugins.ts'
import { windowsOf } from './queries.ts'
import { readRepositories } from './repositories.ts'
import { queryIn } from './row-plan.ts'
import { readScans } from './scans.ts'
import { objectsIn } from './wire.ts'

export interface PartDeps {
  readonly client: SecurityCenterClient
  readonly memory: FindingMemory
}

/** Reads one part, a page at a time. */
export async function* openPart(deps: PartDeps, part: Part, signal: AbortSignal): AsyncGenerator<Batch> {
  switch (part.stream) {
    case 'findings':
      return yield* readFindings(deps, part.detail, signal)
    case 'assets':
      return yield* part.detail.hosts === true ? readListedHosts(deps, signal) : readHosts(deps, part.detail, signal)
    case 'plugins':
      return yield* readPluginPages(deps.client, part.detail, signal)
    case 'networks':
      return yield await readRepositories(deps.client, signal)
    case 'scans':
      return yield await readScans(deps.client, part.detail, signal)
    default:
      throw new Error(`Security Center has no stream ${part.stream}`)
  }
}

function windowIn({ from, to, pageSize }: JsonObject) {
  return { from: Number(from), to: typeof to === 'number' ? to : null, pageSize: Number(pageSize) }
}

async function* readFindings({ client, memory }: PartDeps, detail: JsonObject, signal: AbortSignal) {
  const query = queryIn(detail)
  const isPastOnly = query.sourceType === 'patched'
  for await (const { rows, bytes, issues } of windowsOf(client, query, windowIn(detail), signal)) {
    const gathering = new Gathering<Finding>()
    gathering.note(issues)
    for (const row of rows) {
      gathering.add(row, wire => {
        const plugin = memory.pluginOf(wire)
        const { finding, notes } = normaliseFinding(wire, query.sourceType, memory.hostOf(wire), plugin)
        gathering.note(plugin.issues)
        gathering.note(notes.issues)
        return finding
      })
    }
    yield { ...gathering.batch('findings', bytes), ...(isPastOnly ? { isPastOnly } : {}) }
  }
}

/** Of hosts whose findings all went away only that they are there: what else they say is older. */
async function* readHosts({ client }: PartDeps, detail: JsonObject, signal: AbortSignal) {
  const query = queryIn(detail)
  for await (const { rows, bytes, issues } of windowsOf(client, query, windowIn(detail), signal)) {
    const gathering = new Gathering<Asset>()
    gathering.note(issues)
    for (const row of rows) {
      gathering.add(row, wire => {
        const { row: host, notes } = normaliseHost(wire)
        gathering.note(notes.issues)
        return host
      })
    }
    const batch = gathering.batch('assets', bytes)
    if (query.sourceType === 'cumulative') yield batch
    else yield { ...batch, rows: [], present: batch.rows.map(({ nativeId, aliases = [nativeId] }) => aliases) }
  }
}

const hostsAtOnce = 5_000

/** The list has no total: it ends with the first page that is not full. */
async function* readListedHosts({ client }: PartDeps, signal: AbortSignal) {
  for (let start = 0; ; start += hostsAtOnce) {
    const window = new URLSearchParams({
      fields: 'id,uuid,tenableUUID,name,ipAddress,repID',
      startOffset: String(start),
      endOffset: String(start + hostsAtOnce),
      pagination: 'true',
    })
    const { response, bytes } = await client.call({ method: 'GET', path: `/hosts?${window}` }, signal)
    const hosts = objectsIn(response)
    const present = hosts.map(namesOfListedHost).filter(names => names.length > 0)
    yield { stream: 'assets' as const, rows: [], rejected: [], issues: [], bytes, present }
    if (hosts.length < hostsAtOnce) return
  }
}
