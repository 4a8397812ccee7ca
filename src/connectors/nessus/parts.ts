import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import type { Scan } from '../../domain/scan.ts'
import { ConfigError, SourceError } from '../../platform/errors.ts'
import type { Batch, Part, ScanBatch } from '../connector.ts'
import { XmlCleaner } from '../formats/nessus-clean.ts'
import { NessusXml } from '../formats/nessus-xml.ts'
import type { NessusClient } from './client.ts'
import { plannedScanOf } from './planned.ts'
import { RunReader } from './run-reader.ts'
import { walkRun } from './walk.ts'
import { booleanOf, idOf, instantOf, numberOf, objectsIn, textOf } from './wire.ts'

export async function* openPart(client: NessusClient, part: Part, signal: AbortSignal): AsyncGenerator<Batch> {
  switch (part.stream) {
    case 'findings':
      return yield* readScan(client, part.detail, signal)
    case 'scans':
      return yield await readList(client, signal)
    default:
      throw new Error(`Nessus has no stream ${part.stream}`)
  }
}

/** The runs of one scan, oldest first, and then what is said of them. */
async function* readScan(client: NessusClient, detail: JsonObject, signal: AbortSignal): AsyncGenerator<Batch> {
  const { scanId, runs, rows } = plannedScanOf(detail)
  for (const run of runs) {
    const reader = new RunReader(scanId, run)
    if (run.path === null) {
      for await (const _host of walkRun(client, scanId, run.historyId, reader, signal)) {
        if (reader.isFull) yield* reader.take(0, false)
      }
      yield* reader.take(0, true)
    } else yield* readExport(client, run.path, reader, signal)
  }
  // Last: rows of runs are locked until the part ends, which may have to wait for another.
  if (rows.length > 0) yield { stream: 'scans', rows, rejected: [], issues: [], bytes: 0 }
}

/** @throws SourceError `export_expired` when the scanner has forgotten the file, `truncated_body` when it is not whole */
async function* readExport(
  client: NessusClient,
  path: string,
  reader: RunReader,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const cleaner = new XmlCleaner()
  const xml = new NessusXml('the export', {
    onPolicy: policy => reader.policy(policy),
    onHost: host => reader.begin(host),
    onItem: item => reader.item(item),
    onHostEnd: () => reader.end(),
    onMalformed: () => undefined,
  })
  const decoder = new TextDecoder('utf-8')
  let bytes = 0
  try {
    for await (const piece of client.download(`${path}/download`, signal)) {
      bytes += piece.length
      xml.push(cleaner.push(decoder.decode(piece, { stream: true }).replaceAll('\0', '\ufffd')))
      if (reader.isFull) {
        yield* reader.take(bytes, false)
        bytes = 0
      }
    }
  } catch (thrown) {
    throw downloadError(thrown, path)
  }
  xml.push(cleaner.push(decoder.decode()))
  xml.push(cleaner.end())
  const incomplete = xml.hasRoot ? xml.end() : 'It is empty.'
  if (incomplete !== null) {
    throw new SourceError(
      'truncated_body',
      'now',
      `The export that Nessus sent is not whole: ${incomplete} It is asked for again.`,
    )
  }
  yield* reader.take(bytes, true)
}

function downloadError(thrown: unknown, path: string): unknown {
  if (thrown instanceof ConfigError && (thrown.code === 'file_not_understood' || thrown.code === 'doctype_refused')) {
    const text = `What Nessus sent as an export is none: ${thrown.message}`
    return new SourceError('truncated_body', 'now', text, { cause: thrown })
  }
  if (!(thrown instanceof SourceError) || thrown.code !== 'not_found') return thrown
  const what = path.startsWith('/tokens/') ? 'The file' : `The file ${path}`
  return new SourceError(
    'export_expired',
    'later',
    `${what} of an export is no longer there: the scanner was restarted, or cleared it away.`,
    { cause: thrown },
  )
}

/** All scans that the user sees, and their folders. */
async function readList(client: NessusClient, signal: AbortSignal): Promise<ScanBatch> {
  const answer = await client.get('/scans', signal)
  if (!isJsonObject(answer))
    throw new SourceError('truncated_body', 'now', 'GET /scans answered with something that is no list of scans.')
  const found = objectsIn(answer.scans).flatMap(wire => {
    const nativeId = idOf(wire.id)
    return nativeId === null ? [] : [scanOf(nativeId, wire)]
  })
  const folders = objectsIn(answer.folders).flatMap(wire => {
    const nativeId = idOf(wire.id)
    return nativeId === null ? [] : [{ nativeId, name: textOf(wire.name) ?? String(nativeId), type: textOf(wire.type) }]
  })
  return {
    stream: 'scans',
    rows: found.map(scan => ({ kind: 'scan', scan })),
    rejected: [],
    issues: [],
    bytes: 0,
    listed: found.map(({ nativeId }) => nativeId),
    folders,
  }
}

function scanOf(nativeId: number, wire: JsonObject): Scan {
  return {
    nativeId,
    scheduleUuid: textOf(wire.uuid),
    latestRunUuid: null,
    name: textOf(wire.name) ?? String(nativeId),
    type: textOf(wire.type),
    status: textOf(wire.status)?.toLowerCase() ?? null,
    owner: textOf(wire.owner),
    folderId: idOf(wire.folder_id),
    policyId: null,
    templateUuid: null,
    totalTargets: null,
    progress: null,
    userPermissions: numberOf(wire.user_permissions),
    isEnabled: booleanOf(wire.enabled),
    isShared: booleanOf(wire.shared),
    timeZone: textOf(wire.timezone),
    rrules: textOf(wire.rrules),
    starts: startOf(wire.starttime),
    createdAt: instantOf(wire.creation_date),
    lastRunAt: instantOf(wire.last_modification_date),
    extra: null,
  }
}

/** `20260105T010000` on the clock of its zone; told as a number, as a day, or not at all by some. */
function startOf(value: Json | undefined): string | null {
  const text = textOf(value)
  return text !== null && /^\d{8}(T\d{6})?$/.test(text) ? (text.length === 8 ? `${text}T000000` : text) : null
}
