import { join } from 'node:path'
import type { Hub } from '../hub.ts'
import { ConfigError, messageOf } from '../platform/errors.ts'
import type { Output } from './output.ts'

export interface ServeOptions {
  readonly port: number
  readonly hasWeb: boolean
  /** Takes a free port when the wanted one is in use. */
  readonly mayMove?: boolean
}

/** Serves the API, and the web page unless it is not wanted; the hub closes it. Answers where. */
export async function serve(hub: Hub, output: Output, options: ServeOptions): Promise<string> {
  const { port, hasWeb, mayMove = false } = options
  const web = hasWeb ? { webRoot: await buildWeb(hub, output) } : {}
  const start = (on: number) => hub.startApi({ port: on, host: hub.config.host ?? '127.0.0.1', ...web })
  try {
    return (await start(port)).url
  } catch (cause) {
    if (!isTaken(cause)) throw cause
    if (!mayMove) {
      throw new ConfigError(
        'port_in_use',
        `Port ${port} is in use. Set PORT to another one, or to 0 for any that is free.`,
        {
          cause,
        },
      )
    }
    output.say(`Port ${port} is in use; taking a free one.`)
    return (await start(0)).url
  }
}

/** The pages are built at the first start and after a change; its tools are not loaded otherwise. */
async function buildWeb(hub: Hub, output: Output): Promise<string> {
  try {
    const { ensureWebBuilt } = await import('../../scripts/build-web.ts')
    return await ensureWebBuilt({ cacheDir: join(hub.dataDir, 'cache'), log: output.say })
  } catch (cause) {
    throw new ConfigError(
      'web_not_built',
      `The web page could not be built: ${messageOf(cause)}. Run "npm ci" and start again, or start with --no-web.`,
      { cause },
    )
  }
}

function isTaken(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'EADDRINUSE'
}
