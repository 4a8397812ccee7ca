import { Readable } from 'node:stream'
import { type ImportAction, type ImportView, importQuery, stagingForm } from '../../contract/imports.ts'
import type { JsonOperationId } from '../../contract/routes.ts'
import { ConfigError, TenfoldError } from '../../platform/errors.ts'
import { reachesWholeSource } from '../../store/access.ts'
import type { Principal } from '../../store/accounts/principal.ts'
import { fileSourceFor, listFileSources, usualFileSource } from '../../store/imports/file-source.ts'
import {
  countImportedCves,
  getImportView,
  listImports,
  listPlanRows,
  listRejectedRows,
  type PlanRow,
  type ImportView as StoredView,
} from '../../store/queries/import-list.ts'
import { accessNarrowed } from '../../store/queries/visible-sources.ts'
import type { ReceivedFile } from '../../sync/imports/inbox.ts'
import { importTermsOf } from '../../sync/imports/terms.ts'
import { type Call, type Handlers, type Services, WithStatus } from '../handler.ts'
import { formParts } from '../multipart.ts'
import { pageRequest } from '../page-request.ts'
import { refusedBySchema } from '../problems.ts'

/** Most files are read and applied before somebody wonders; what takes longer goes on by itself. */
const waitMs = 10_000

export const importHandlers = {
  listImports: async ({ database }, { query }) => {
    const { page, filter } = pageRequest(query)
    const list = await listImports(database, { ...page, filter })
    return { ...list, items: list.items.map(presentImport) }
  },
  getImport: async ({ database }, { params }) => presentImport(await getImportView(database, params.id)),
  listImportRows: async ({ database }, { params, query }) => {
    await getImportView(database, params.id)
    const { page, filter } = pageRequest(query)
    const list = await listPlanRows(database, params.id, { ...page, filter })
    return { ...list, items: list.items.map(presentPlanRow) }
  },
  listImportRejected: async ({ database }, { params, query }) => {
    await getImportView(database, params.id)
    return listRejectedRows(database, params.id, pageRequest(query).page)
  },

  createImport: async (services, call) => {
    const received = await receive(services, call.request.body, call.request.headers['content-type'] ?? '')
    const view = await kept(services, received.file, async () => {
      const terms = importQuery.safeParse({ ...call.query, ...received.fields })
      if (!terms.success) throw refusedBySchema('form', terms.error.issues)
      const name = terms.data.name ?? (received.fileName || 'upload')
      return add(services, call, received.file, { ...terms.data, name })
    })
    return new WithStatus<'createImport'>(202, view)
  },

  changeImport: async (services, { params, body, actor }) => {
    await getImportView(services.database, params.id)
    await services.importer.rescope(params.id, body.scope, actor)
    return presentImport(await getImportView(services.database, params.id))
  },

  applyImport: async (services, { params, body, actor }) => {
    const item = await getImportView(services.database, params.id)
    if (item.status === 'ready' && item.token !== body.token) throw moved(params.id)
    if (!item.numbers) throw notReady(item)
    await services.importer.apply(params.id, item.numbers, actor)
    return new WithStatus<'applyImport'>(202, await settled(services, params.id))
  },

  undoImport: async (services, { params, actor }) => {
    await getImportView(services.database, params.id)
    await services.importer.undo(params.id, actor)
    return new WithStatus<'undoImport'>(202, await settled(services, params.id))
  },

  abandonImport: async (services, { params, actor }) => {
    await getImportView(services.database, params.id)
    await services.importer.abandon(params.id, actor)
    return presentImport(await getImportView(services.database, params.id))
  },

  stageOlderImport: async (services, call) => {
    const received = await receive(services, call.request.body, call.request.headers['content-type'] ?? '')
    const { scanDate, sessionId = null } = received.fields
    const staged = await kept(services, received.file, async () => {
      const terms = stagingForm.safeParse({
        scanDate: scanDate?.trim() || undefined,
        source: received.fields.source?.trim() || undefined,
      })
      if (!terms.success) throw refusedBySchema('form', terms.error.issues)
      const source = await sourceOfOlder(services, terms.data.source)
      const name = received.fileName || 'upload.csv'
      return add(services, call, received.file, { observed_at: terms.data.scanDate, ...source, name })
    })
    const applies = staged.status === 'ready' && staged.numbers?.rejected === 0 && staged.incomplete === null
    if (applies) await services.importer.apply(staged.id, staged.numbers!, call.actor)
    const view = applies ? await settled(services, staged.id) : staged
    return new WithStatus<'stageOlderImport'>(202, {
      success: view.status !== 'failed',
      importId: view.id,
      sessionId,
      message: messageOf(view),
      summary: await summaryOf(services, view),
      import: view,
    })
  },
} satisfies Partial<Handlers>

/** What was received goes away again where nothing comes of it. */
async function kept<T>({ importer }: Services, file: ReceivedFile, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (thrown) {
    await importer.discard(file)
    throw thrown
  }
}

interface Received {
  readonly file: ReceivedFile
  readonly fileName: string | null
  readonly fields: Readonly<Record<string, string>>
}

const fieldLimit = 64 * 1024

/** Writes the file of a body or a form to disk as it comes. Fields may stand before or after it. */
async function receive({ importer }: Services, body: unknown, contentType: string): Promise<Received> {
  // What was uploaded comes as a stream, which no JSON can be.
  if (!(body instanceof Readable)) throw noFile()
  if (!contentType.toLowerCase().startsWith('multipart/')) {
    return { file: await importer.receive(body), fileName: null, fields: {} }
  }
  let file: ReceivedFile | undefined
  let fileName: string | null = null
  const fields: Record<string, string> = {}
  try {
    for await (const part of formParts(body, contentType)) {
      if (part.fileName === null) fields[part.name] = await fieldOf(part.body, part.name)
      else if (file) throw new ConfigError('bad_form', 'The form has two files; send one at a time.')
      else {
        file = await importer.receive(part.body)
        fileName = part.fileName
      }
    }
    if (!file) throw noFile()
    return { file, fileName, fields }
  } catch (thrown) {
    if (file) await importer.discard(file)
    throw thrown
  }
}

async function fieldOf(body: AsyncIterable<Buffer>, name: string): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > fieldLimit)
      throw new ConfigError('bad_form', `The field ${name} is too long.`, { context: { field: name } })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function noFile(): ConfigError {
  return new ConfigError(
    'file_missing',
    'There is no file in the call. Send it as the body (application/octet-stream), or in a form as the field file.',
    { context: { field: 'file' } },
  )
}

type Terms = ReturnType<typeof importQuery.parse> & { readonly name: string }
type AnyCall = Pick<Call<'createImport'>, 'actor' | 'principal'>

async function add(services: Services, call: AnyCall, file: ReceivedFile, terms: Terms): Promise<ImportView> {
  const { importer, clock, unscoped, database } = services
  const { scope, options } = importTermsOf(terms, clock.now())
  const wanted = terms.source !== undefined && /^\d+$/.test(terms.source) ? Number(terms.source) : terms.source
  const source = await fileSourceFor(unscoped, wanted, tenantOf(call.principal), call.actor)
  if (!reachesWholeSource(database.access, source.id) && !mayMakeSources(call.principal, source.tenantId)) {
    throw accessNarrowed(`Source ${source.name} is not yours to bring files to.`)
  }
  const request = { sourceId: source.id, fileName: terms.name, trigger: 'api', options, scope } as const
  const importId = await importer.add(file, request, call.actor)
  await importer.settle(importId, waitMs)
  return presentImport(await getImportView(wide(services, source.id), importId))
}

/** A source that was made for this very file was not there when the caller's reach was looked at. */
function wide({ database }: Services, sourceId: number): Services['database'] {
  if (reachesWholeSource(database.access, sourceId)) return database
  return { ...database, access: { ...database.access, wholeSources: [...database.access.wholeSources, sourceId] } }
}

/** The tenant of somebody whose roles are all in one. */
function tenantOf(principal: Principal | null): number | undefined {
  const tenants = new Set((principal?.grants ?? []).map(grant => grant.tenantId))
  const [only] = tenants
  return tenants.size === 1 && only !== null ? only : undefined
}

function mayMakeSources(principal: Principal | null, tenantId: number): boolean {
  return (principal?.grants ?? []).some(
    grant => grant.isUnnarrowed && grant.role !== 'viewer' && grant.role !== 'analyst' && grant.tenantId === tenantId,
  )
}

async function settled(services: Services, importId: number): Promise<ImportView> {
  const item = await services.importer.settle(importId, waitMs)
  // It moved between the look and the lock: the same answer as if the look had seen it.
  if (item.error_code === 'import_moved') throw moved(importId)
  return presentImport(await getImportView(services.database, importId))
}

function moved(importId: number): TenfoldError {
  return new TenfoldError(
    'import_moved',
    'What the import would do changed since the preview. Look at the new numbers and apply it again.',
    { context: { importId } },
  )
}

function notReady(item: StoredView): ConfigError {
  return new ConfigError('import_not_ready', `Import ${item.id} is ${item.status} and has no preview to apply.`)
}

function messageOf(view: ImportView): string {
  if (view.status === 'applied') return `${view.rows_read} rows were imported.`
  if (view.status === 'failed') return view.error_message ?? 'The file could not be read.'
  const why =
    view.incomplete ?? (view.numbers?.rejected ? `${view.numbers.rejected} of its rows cannot be read.` : null)
  return `The file is ${view.status}; look at import ${view.id}.${why === null ? '' : ` ${why}`}`
}

/** Older programs know of no sources: a second one must not stop them. */
async function sourceOfOlder({ unscoped }: Services, told: string | undefined): Promise<{ readonly source?: string }> {
  if (told) return { source: told }
  const sources = await listFileSources(unscoped)
  return sources.length > 1 ? { source: usualFileSource } : {}
}

/** What HexTrackr answered an import with. */
async function summaryOf(services: Services, view: ImportView) {
  if (view.status !== 'applied') return null
  const { opened, closed, before } = await countImportedCves(wide(services, view.source_id), view.id)
  return { newCves: opened, resolvedCves: closed, significantChange: opened + closed > before / 4 }
}

function presentImport(view: StoredView): ImportView {
  return {
    ...view,
    format: view.format as ImportView['format'],
    columns: [...view.columns],
    unknown_columns: [...view.unknown_columns],
    notes: [...view.notes],
    confidence: view.confidence.map(mark => ({ ...mark })),
    past: view.past && {
      ...view.past,
      snapshots: view.past.snapshots.map(snapshot => ({ ...snapshot })),
      left_out: view.past.left_out.map(table => ({ ...table })),
    },
    scope: {
      covers: view.scope.covers,
      ...(view.scope.severities ? { severities: [...view.scope.severities] } : {}),
      ...(view.scope.hosts ? { hosts: [...view.scope.hosts] } : {}),
    },
  }
}

const reasons: Readonly<Record<ImportAction, string>> = {
  open: 'It is new.',
  add_fixed: 'It is new, and fixed already.',
  return: 'It had ended, and is there again.',
  reopen: 'It was fixed, and is found again.',
  close: 'The file says that it is fixed.',
  change: 'Its severity, or what was decided about it, is another.',
  update: 'It was seen again; dates or details are newer.',
  same: 'The file says what is known.',
  older: 'What is known is newer than the file.',
  absent: 'The file covers its machine and does not have it.',
  gone: 'The file shows the whole estate and does not have its machine.',
}

type Presented<K extends JsonOperationId> = Extract<Awaited<ReturnType<Handlers[K]>>, { items: unknown }>['items']

function presentPlanRow(row: PlanRow): Presented<'listImportRows'>[number] {
  const action = row.action as ImportAction
  return { ...row, action, reason: reasons[action] } as Presented<'listImportRows'>[number]
}
