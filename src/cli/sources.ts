import type { Hub, Source } from '../hub.ts'
import { ConfigError } from '../platform/errors.ts'

/**
 * The sources that a command is about: the one named, else all of them.
 * @throws ConfigError `source_not_found`, `no_source`
 */
export async function chooseSources(hub: Hub, wanted: string | undefined): Promise<readonly Source[]> {
  const sources = await hub.sources.list()
  if (sources.length === 0) {
    throw new ConfigError(
      'no_source',
      'There is no source to read from. Set TENABLE_ACCESS_KEY and TENABLE_SECRET_KEY, or add one with "tenfold source add".',
    )
  }
  return wanted === undefined ? sources : [named(sources, wanted)]
}

/** @throws ConfigError `source_not_found` */
export async function chooseSource(hub: Hub, wanted: string): Promise<Source> {
  return named(await hub.sources.list(), wanted)
}

function named(sources: readonly Source[], wanted: string): Source {
  const source =
    sources.find(one => one.name === wanted) ??
    sources.find(one => String(one.id) === wanted) ??
    sources.find(one => one.name.toLowerCase() === wanted.toLowerCase())
  if (source) return source
  const known = sources.map(one => `${one.id} ${one.name}`).join(', ') || 'none yet'
  throw new ConfigError('source_not_found', `There is no source "${wanted}". The sources are: ${known}.`)
}
