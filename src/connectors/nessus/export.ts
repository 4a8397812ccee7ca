import type { Json } from '../../domain/json.ts'
import { SourceError } from '../../platform/errors.ts'
import type { NessusClient } from './client.ts'
import type { PlanDeps } from './finding-plan.ts'
import { idOf, memberOf, textOf } from './wire.ts'

/** Where an export is asked about and downloaded: by its token, or by its number where the version knows none. */
export interface ExportFile {
  readonly path: string
}

export interface ExportOf {
  readonly scanId: number
  readonly historyId: number | null
  /** For a person. */
  readonly name: string
}

/**
 * Has a run exported, and waits until the file is ready.
 * @throws SourceError `export_refused` or `no_api` when the licence does not allow it, `not_found` when there is no such run,
 *   `export_stuck`, `export_failed`, `export_expired`
 */
export async function prepareExport(
  { client, stuckAfterMs, pollDelayMs }: PlanDeps,
  { scanId, historyId, name }: ExportOf,
  signal: AbortSignal,
): Promise<ExportFile> {
  const run = historyId === null ? '' : `?history_id=${historyId}`
  const answer = await client.call(
    { method: 'POST', path: `/scans/${scanId}/export${run}`, body: { format: 'nessus' } },
    signal,
  )
  const token = textOf(memberOf(answer, 'token'))
  const file = idOf(memberOf(answer, 'file'))
  const paths = [
    // It goes into a path: nothing but what a token is made of.
    ...(token !== null && /^[0-9A-Za-z-]{8,200}$/.test(token) ? [`/tokens/${token}`] : []),
    ...(file === null ? [] : [`/scans/${scanId}/export/${file}`]),
  ]
  let path = paths.shift()
  if (path === undefined) {
    throw new SourceError(
      'export_failed',
      'later',
      `Nessus took the export of ${name} and told neither a token nor a number of it.`,
    )
  }
  let waitMs = pollDelayMs.firstMs
  let waitedMs = 0
  for (;;) {
    const answer = await statusIfKnown(client, path, signal)
    if (answer === undefined) {
      // A version that tells a token and does not know it; else the file is gone, which says nothing of the run.
      path = paths.shift()
      if (path === undefined) throw forgotten(name)
      continue
    }
    const status = textOf(memberOf(answer, 'status'))
    if (status === 'ready') return { path }
    if (status === 'error') {
      throw new SourceError(
        'export_failed',
        'later',
        `Nessus could not make the export of ${name}. The next run asks again.`,
      )
    }
    if (waitedMs >= stuckAfterMs) {
      const minutes = Math.round(stuckAfterMs / 60_000)
      throw new SourceError(
        'export_stuck',
        'later',
        `The export of ${name} was not ready after ${minutes} minutes. The scanner may be busy; the setting export_timeout_minutes allows it more time.`,
      )
    }
    await client.sleep(waitMs, signal)
    waitedMs += waitMs
    waitMs = Math.min(waitMs * 2, pollDelayMs.maxMs)
  }
}

async function statusIfKnown(client: NessusClient, path: string, signal: AbortSignal): Promise<Json | undefined> {
  try {
    return await client.get(`${path}/status`, signal)
  } catch (thrown) {
    if (thrown instanceof SourceError && thrown.code === 'not_found') return undefined
    throw thrown
  }
}

function forgotten(name: string): SourceError {
  const text = `Nessus no longer knows the export of ${name} that it was making: it was restarted, or cleared it away. It is asked for again.`
  return new SourceError('export_expired', 'later', text)
}
