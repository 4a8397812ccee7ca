import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../../domain/json.ts'
import type { Plugin } from '../../domain/plugin.ts'
import type { Batch, ExportRecord, PlanStep, ReadRequest } from '../connector.ts'
import { RecordNotes } from '../formats/record.ts'
import type { SecurityCenterClient } from './client.ts'
import { Gathering } from './gathering.ts'
import { pluginIdOf } from './normalise.ts'
import { normalisePlugin } from './normalise-plugin.ts'
import { objectsIn } from './wire.ts'

const fields =
  'id,name,description,family,version,checkType,riskFactor,solution,seeAlso,synopsis,cpe,exploitEase,exploitAvailable,exploitFrameworks,baseScore,temporalScore,cvssVector,cvssV3BaseScore,cvssV3TemporalScore,cvssV3Vector,cvssV4BaseScore,cvssV4Vector,vprScore,vprContext,epssScore,stigSeverity,pluginPubDate,pluginModDate,patchPubDate,vulnPubDate,xrefs'
const pageSize = 1_000
const pagesPerPart = 10

/** The catalogue as parts of ten pages. It has no total: whether a part has a first row is asked before it is made. */
export async function* planPlugins(
  client: SecurityCenterClient,
  request: ReadRequest,
  signal: AbortSignal,
): AsyncGenerator<PlanStep> {
  const { mode, since, resume } = request
  // The day before once more: feeds are dated by the vendor and loaded later.
  const from = mode === 'delta' && since !== null ? Math.max(0, since - 86_400) : 0
  const record: ExportRecord = resume ?? {
    exportId: `plugins:${randomUUID()}`,
    asked: { since: from },
    readAt: new Date(client.sourceNowMs()).toISOString(),
  }
  yield { kind: 'export', record, echoed: null, notes: [] }
  const asked = Number(record.asked.since ?? from)
  const size = pageSize * pagesPerPart
  for (let start = 0; start === 0 || (await hasRow(client, asked, start, signal)); start += size) {
    const detail = { since: asked, from: start, to: start + size }
    const part = {
      stream: 'plugins',
      exportId: record.exportId,
      partId: String(start),
      readAt: record.readAt,
      detail,
    } as const
    yield { kind: 'part', part }
  }
  yield { kind: 'end', outcome: 'complete', reason: null, failed: [], cancelled: [] }
}

function pathOf(since: number, from: number, to: number, wanted: string): string {
  const query = new URLSearchParams({
    fields: wanted,
    since: String(since),
    startOffset: String(from),
    endOffset: String(to),
    sortField: 'modifiedTime',
    sortDirection: 'ASC',
    type: 'all',
  })
  return `/plugin?${query}`
}

async function hasRow(client: SecurityCenterClient, since: number, at: number, signal: AbortSignal): Promise<boolean> {
  return objectsIn(await client.get(pathOf(since, at, at + 1, 'id'), signal)).length > 0
}

export async function* readPluginPages(
  client: SecurityCenterClient,
  detail: JsonObject,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const since = Number(detail.since)
  for (let from = Number(detail.from); from < Number(detail.to); from += pageSize) {
    const path = pathOf(since, from, from + pageSize, fields)
    const { response, bytes, issues } = await client.call({ method: 'GET', path }, signal)
    const rows = objectsIn(response)
    const gathering = new Gathering<Plugin>()
    gathering.note(issues)
    for (const row of rows) {
      gathering.add(row, wire => {
        const pluginId = pluginIdOf(wire, 'id')
        const notes = new RecordNotes(`plugin ${pluginId}`)
        const plugin = normalisePlugin(pluginId, wire, notes)
        gathering.note(notes.issues)
        return plugin
      })
    }
    if (rows.length > 0) yield gathering.batch('plugins', bytes)
    if (rows.length < pageSize) return
  }
}
