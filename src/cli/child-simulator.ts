import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { messageOf, TenfoldError } from '../platform/errors.ts'
import type { Truth } from '../simulator/truth.ts'

export interface ChildEstate {
  readonly seed: number
  readonly assets: number
  readonly findings: number
  /** The instant the estate is made for. ISO 8601. */
  readonly startAt: string
}

/** A simulated tenant in a process of its own, so that it takes nothing from the memory and time of what reads it. */
export interface ChildSimulator {
  readonly url: string
  readonly accessKey: string
  readonly secretKey: string
  readonly startAt: string
  /** What a complete mirror must hold. */
  truth(): Promise<Truth>
  stop(): Promise<void>
}

/** @throws TenfoldError `simulator_failed` */
export async function startChildSimulator(estate: ChildEstate, signal: AbortSignal): Promise<ChildSimulator> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const { seed, assets, findings, startAt } = estate
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      ...[main, 'simulator', '--json', '--seed', String(seed), '--assets', String(assets)],
      ...['--findings', String(findings), '--start-at', startAt],
    ],
    // Its own group: Ctrl-C is for us, and we stop it when nobody reads it any more. It ends when the channel does.
    { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], detached: true, windowsHide: true },
  )
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    if (child.connected) child.disconnect()
    else child.kill()
    await gone
  }
  try {
    const ready = JSON.parse(await firstLine(child.stdout!, signal)) as Record<string, string>
    const { url = '', access_key: accessKey = '', secret_key: secretKey = '' } = ready
    await advanceToNow(url)
    return {
      url,
      accessKey,
      secretKey,
      startAt,
      truth: async () => (await control(url, 'GET', 'truth')) as Truth,
      stop,
    }
  } catch (cause) {
    await stop()
    if (signal.aborted) throw cause
    throw new TenfoldError('simulator_failed', `The simulated tenant did not start: ${messageOf(cause)}`, { cause })
  }
}

/** Nothing may change on the way: the same estate, seen today. */
async function advanceToNow(url: string): Promise<void> {
  const { defaultPace } = await import('../simulator/life.ts')
  const still = Object.fromEntries(Object.keys(defaultPace).map(rate => [rate, 0]))
  const { now } = (await control(url, 'GET', 'now')) as { readonly now: string }
  const until = new Date()
  if (until.getTime() > Date.parse(now))
    await control(url, 'POST', 'advance', { until: until.toISOString(), pace: still })
}

async function control(url: string, method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${url}/__simulator/${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return await response.json()
}

async function firstLine(stream: NodeJS.ReadableStream, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: stream })
  const ended = once(lines, 'close', { signal }).then(() => {
    throw new Error('it ended before it was ready.')
  })
  const line = once(lines, 'line', { signal }).then(([text]) => String(text))
  ended.catch(() => undefined)
  line.catch(() => undefined)
  return await Promise.race([line, ended])
}
