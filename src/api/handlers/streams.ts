import { PassThrough, pipeline, Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { ExportFormat } from '../../contract/routes.ts'
import type { JsonObject } from '../../domain/json.ts'
import { messageOf, TenfoldError } from '../../platform/errors.ts'
import { sourcesWithin } from '../../store/access.ts'
import { type Actor, type AuditEntry, recordAudit } from '../../store/audit.ts'
import { assetFile, findingFile } from '../../store/export-file.ts'
import { contentTypes } from '../../store/export-format.ts'
import { refuseNarrowed } from '../../store/queries/visible-sources.ts'
import type { ExportSlots } from '../export-slots.ts'
import type { Handlers } from '../handler.ts'
import type { FeedMessage } from '../run-feed.ts'

const heartbeatMs = 15_000
/** A listener that takes nothing for so long is let go; it comes back with Last-Event-ID. */
const bufferedAtMost = 4 * 1024 * 1024
export const streamHandlers = {
  followEvents: async ({ feed, database }, { query, request, admitAgain }, reply) => {
    let wanted = sourcesWithin(database.access, query.source_id)
    const last = request.headers['last-event-id']
    const stream = new PassThrough()
    const send = (message: FeedMessage) => {
      const chosen = forSources(message, wanted)
      if (chosen === null) return
      if (stream.writableLength > bufferedAtMost) stream.destroy()
      else
        stream.write(`id: ${chosen.id}\nevent: ${chosen.event.event}\ndata: ${JSON.stringify(chosen.event.data)}\n\n`)
    }
    // Some proxies hold back an answer until it has some length or a line has come.
    stream.write(': welcome\nretry: 3000\n\n')
    if (query.once) {
      send(await feed.snapshot())
      stream.end()
    } else {
      const unlisten = await feed.listen(send, typeof last === 'string' ? last : undefined)
      const beat = async () => {
        // Somebody may have been signed out, or see other sources now.
        const now = await admitAgain()
        if (!now) return stream.end()
        wanted = sourcesWithin(now.access, query.source_id)
        return stream.write(': still here\n\n')
      }
      const heartbeat = setInterval(() => {
        // A database that is away for a moment says nothing about who listens.
        beat().catch((error: unknown) => request.log.warn({ error: messageOf(error) }, 'a listener was not looked at'))
      }, heartbeatMs)
      stream.once('close', () => {
        clearInterval(heartbeat)
        unlisten()
      })
      // It may have gone while the snapshot was read: then nothing would ever end the listening.
      if (request.raw.destroyed) stream.destroy()
    }
    return reply
      .header('content-type', 'text/event-stream; charset=utf-8')
      .header('cache-control', 'no-store, no-transform')
      .header('x-accel-buffering', 'no')
      .send(stream)
  },

  exportAssets: async (services, { query: { format, columns, ...filter }, signal, actor }, reply) => {
    const { database, unscoped, slots } = services
    await recordAudit(unscoped, exported(actor, 'assets', { format, filter, columns }))
    return sendFile(slots, reply, 'assets', format, assetFile(database, { filter, columns, signal }, format))
  },

  exportFindings: async (services, { query: { format, output, columns, ...filter }, signal, actor }, reply) => {
    const { database, unscoped, slots } = services
    const withOutput = output === true || columns?.includes('output') === true
    await recordAudit(unscoped, exported(actor, 'findings', { format, filter, columns, output: withOutput }))
    const file = findingFile(database, { filter, columns, withOutput, signal }, format)
    return sendFile(slots, reply, 'vulnerabilities', format, file)
  },

  getMetrics: async ({ database, metrics }, _call, reply) => {
    refuseNarrowed(database)
    if (!metrics)
      throw new TenfoldError('not_found', 'There is nothing at /metrics: TENABLE_ENABLE_METRICS is not true.')
    const text = await metrics.text()
    return reply.header('content-type', metrics.contentType).header('cache-control', 'no-store').send(text)
  },
} satisfies Partial<Handlers>

function exported(actor: Actor, what: 'assets' | 'findings', detail: object): AuditEntry {
  return { actor, action: `${what}.exported`, subject: `export:${what}`, detail: detail as JsonObject }
}

async function sendFile(
  slots: ExportSlots,
  reply: FastifyReply,
  name: string,
  format: ExportFormat,
  text: AsyncGenerator<string | Uint8Array>,
): Promise<FastifyReply> {
  const release = slots.take(reply)
  const done = (error?: Error | null) => {
    release()
    // Nothing can be said to the reader any more but by breaking off, which is how it knows the file is not whole.
    if (error) reply.log.warn({ error: error.message, file: name }, 'an export broke off')
  }
  try {
    // The first batch is read before the answer begins: what is wrong with the question is still a problem then.
    const first = await text.next()
    const body = Readable.from(first.done ? [] : withFirst(first.value, text), { objectMode: true })
    // Readable.from gives strings as they are; through a byte stream the reader's pace holds the generator back.
    const bytes = pipeline(body, new PassThrough({ writableHighWaterMark: 1 }), done)
    return reply
      .header('content-type', contentTypes[format])
      .header('content-disposition', `attachment; filename="${name}.${format}"`)
      .header('cache-control', 'private, no-store')
      .send(bytes)
  } catch (error) {
    done()
    throw error
  }
}

async function* withFirst<T>(first: T, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  yield first
  yield* rest
}

/** The message as a listener for some sources only gets it; null when it is about others. */
function forSources(message: FeedMessage, sources: readonly number[] | undefined): FeedMessage | null {
  if (!sources) return message
  const { event } = message
  if (event.event === 'run') return sources.includes(event.data.source_id) ? message : null
  const jobs = event.data.jobs.filter(job => sources.includes(job.source_id))
  return { id: message.id, event: { event: 'snapshot', data: { ...event.data, jobs } } }
}
