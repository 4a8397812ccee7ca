import type { Batch, Connector, Part, PlanStep, ReadRequest } from '../../src/connectors/connector.ts'
import { createTenableVmConnector, type TenableVmOptions } from '../../src/connectors/tenable-vm/index.ts'
import { everything } from '../../src/domain/scope.ts'
import { type Clock, systemClock } from '../../src/platform/clock.ts'
import { silentLog } from '../../src/platform/log.ts'
import { Secret } from '../../src/platform/secret.ts'

export const accessKey = 'a'.repeat(64)
export const secretKey = 'b'.repeat(64)
export const never = new AbortController().signal

/** A connector to a test server: no limits, short waits. */
export function connectorTo(baseUrl: string, options: Partial<TenableVmOptions> = {}): Connector {
  return createTenableVmConnector({
    baseUrl,
    accessKey: new Secret(accessKey),
    secretKey: new Secret(secretKey),
    limiter: { acquire: () => Promise.resolve(), pause: () => {} },
    userAgent: 'Integration/1.0 (Tenfold; Tenfold; Build/test)',
    stuckAfterMinutes: 60,
    retry: { maxAttempts: 4, delayMs: 1 },
    log: silentLog,
    clock: systemClock as Clock,
    pollDelayMs: { firstMs: 1, maxMs: 5 },
    ...options,
  })
}

export const full = (stream: ReadRequest['stream']): ReadRequest => ({
  stream,
  scope: everything,
  target: null,
  mode: 'full',
  since: null,
  resume: null,
})

export async function planned(connector: Connector, request: ReadRequest, signal = never): Promise<PlanStep[]> {
  return await Array.fromAsync(connector.plan(request, signal))
}

export async function opened(connector: Connector, part: Part, signal = never): Promise<Batch[]> {
  return await Array.fromAsync(connector.open(part, signal))
}

export function chunkPart(stream: Part['stream'], chunk = 1, exportId = 'export-1'): Part {
  return { stream, exportId, partId: String(chunk), readAt: '2026-01-01T00:00:00.000Z', detail: {} }
}
