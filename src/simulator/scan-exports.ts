import { type Answer, badRequest, json, pieces, Refusal } from './answer.ts'
import type { Context } from './context.ts'
import { hexOf, topic } from './random.ts'
import { objectOf, textOf } from './request-body.ts'
import { coveredAssets } from './scan-details.ts'
import { csvPieces, nessusPieces } from './scan-files.ts'
import { scheduleOf } from './scan-reads.ts'

const formats = ['nessus', 'csv', 'html', 'pdf', 'db']

export function postScanExport(context: Context): Answer {
  const schedule = scheduleOf(context)
  const format = textOf(objectOf(context.body, 'body'), 'format')
  if (format === undefined || !formats.includes(format))
    throw badRequest('child "format" fails because ["format" must be one of [nessus, html, pdf, csv, db]]')
  return json({ file: `SSE-${hexOf(context.simulation.seed, topic.scan, schedule, 24, 5)}-${format}` })
}

export function getScanExportStatus(context: Context): Answer {
  scheduleOf(context)
  return json({ status: /^SSE-[0-9a-f]+-[a-z]+$/.test(context.params.file_id!) ? 'ready' : 'error' })
}

export function downloadScanExport(context: Context): Answer {
  const { simulation, params } = context
  const schedule = scheduleOf(context)
  const format = /^SSE-[0-9a-f]+-([a-z]+)$/.exec(params.file_id!)?.[1]
  const assets = coveredAssets(simulation, schedule)
  const name = simulation.scans.definitions()[schedule]!.name
  if (format === 'nessus') return pieces(nessusPieces(simulation, name, assets), 'application/octet-stream')
  if (format === 'csv') return pieces(csvPieces(simulation, assets), 'application/octet-stream')
  throw new Refusal(json({ error: 'The requested file was not found' }, 404))
}

export function listScanExports(): Answer {
  return json([])
}
