import { dayMs } from './clock.ts'
import {
  commonSubjects,
  families,
  type KnownPlugin,
  knownPlugins,
  type Platform,
  type PortClass,
  platformSubjects,
} from './plugin-vocabulary.ts'
import { fraction, hash32, pick, topic, weighted } from './random.ts'

export type Severity = 0 | 1 | 2 | 3 | 4
export type Pool = 'common' | Platform

/** What decides over a plugin: everything a filter looks at. Its prose is written from this when it is asked for. */
export interface Plugin {
  readonly index: number
  readonly id: number
  readonly hash: number
  readonly name: string
  readonly family: string
  readonly familyId: number
  readonly pool: Pool
  readonly type: 'local' | 'remote' | 'combined' | 'summary'
  readonly severity: Severity
  readonly portClass: PortClass
  readonly cpe: string | undefined
  readonly cves: readonly string[]
  readonly publishedAt: number
  /** 0 when the plugin carries no modification date, as one in seven recorded ones. */
  readonly modifiedAt: number
  /** Rises when the vendor edits the plugin. */
  readonly revision: number
  /** Rises when only scores move: no date shows it. */
  readonly scoring: number
  readonly cvss2: number
  readonly cvss3: number
  readonly cvss4: number | undefined
  readonly vpr: number | undefined
  readonly vprV2: number | undefined
  readonly epss: number | undefined
  readonly exploitMaturity: 'HIGH' | 'FUNCTIONAL' | 'POC' | 'UNPROVEN' | undefined
  readonly threatIntensity: 'VERY_LOW' | 'LOW' | 'MEDIUM' | 'HIGH' | 'VERY_HIGH' | undefined
  readonly categories: readonly string[]
  readonly weapons: readonly string[]
}

export interface PluginCatalogue {
  readonly size: number
  /** Plugins of a pool; the length of each pool is prime, so that any stride visits all of it. */
  pool(name: Pool): readonly number[]
  at(index: number): Plugin
  byId(id: number): Plugin | undefined
  /** All, by id. */
  sorted(): readonly Plugin[]
  /** The vendor edits a plugin: its date moves if it has one. */
  modify(index: number, at: number): Plugin
  /** Scores move, dates do not. */
  rescore(index: number): Plugin
}

export function createPluginCatalogue(seed: number, wanted: number, startMs: number): PluginCatalogue {
  const shares: readonly (readonly [Pool, number])[] = [
    ['common', 0.14],
    ['windows', 0.38],
    ['linux', 0.38],
    ['network', 0.1],
  ]
  const pools = new Map<Pool, number[]>()
  const plugins: Plugin[] = []
  for (const [name, share] of shares) {
    const members: number[] = []
    const size = primeBelow(Math.max(Math.round(Math.max(wanted, 120) * share), 13))
    for (let n = 0; n < size; n++) {
      members.push(plugins.length)
      plugins.push(
        drawPlugin(seed, plugins.length, n, name, startMs, { revision: 0, scoring: 0, modifiedAt: undefined }),
      )
    }
    pools.set(name, members)
  }
  const indexById = new Map(plugins.map(plugin => [plugin.id, plugin.index]))
  const ordinal = (index: number) => index - pools.get(plugins[index]!.pool)![0]!
  const replace = (index: number, change: Partial<Edition>): Plugin => {
    const before = plugins[index]!
    const edition = { revision: before.revision, scoring: before.scoring, modifiedAt: before.modifiedAt, ...change }
    const after = drawPlugin(seed, index, ordinal(index), before.pool, startMs, edition)
    plugins[index] = after
    return after
  }
  return {
    size: plugins.length,
    pool: name => pools.get(name)!,
    at: index => plugins[index]!,
    byId: id => plugins[indexById.get(id) ?? -1],
    sorted: () => plugins.toSorted((a, b) => a.id - b.id),
    modify: (index, at) => {
      const { revision, modifiedAt } = plugins[index]!
      return replace(index, { revision: revision + 1, modifiedAt: modifiedAt === 0 ? 0 : at - (at % dayMs) })
    },
    rescore: index => replace(index, { scoring: plugins[index]!.scoring + 1 }),
  }
}

interface Edition {
  readonly revision: number
  readonly scoring: number
  readonly modifiedAt: number | undefined
}

const severityWeights: Readonly<Record<'common' | 'platform', readonly number[]>> = {
  common: [84, 4, 8, 3, 1],
  platform: [24, 8, 28, 29, 11],
}

function drawPlugin(seed: number, index: number, n: number, pool: Pool, startMs: number, edition: Edition): Plugin {
  const hash = hash32(seed, topic.plugin, index)
  const draw = (k: number) => fraction(hash32(hash, topic.plugin, k))
  const known = pool === 'common' ? knownPlugins[n] : undefined
  const severity =
    known?.severity ?? (weighted(severityWeights[pool === 'common' ? 'common' : 'platform'], draw(1)) as Severity)
  const subject = known ?? drawSubject(pool, index, n, hash)
  const publishedAt = floorDay(startMs - (60 + draw(2) * 2400) * dayMs)
  const firstModified = draw(3) < 0.14 ? 0 : floorDay(publishedAt + draw(4) * (startMs - publishedAt))
  const scores = drawScores(hash, severity, edition.scoring)
  return {
    index,
    id: known?.id ?? drawId(pool, index, draw(5)),
    hash,
    name: subject.name,
    family: subject.family,
    familyId: families[subject.family]!,
    pool,
    type:
      pool === 'common'
        ? draw(6) < 0.2
          ? 'combined'
          : draw(6) < 0.25
            ? 'summary'
            : 'remote'
        : draw(6) < 0.85
          ? 'local'
          : 'remote',
    severity,
    portClass: subject.portClass,
    cpe: 'cpe' in subject ? subject.cpe : undefined,
    cves: severity === 0 ? [] : drawCves(hash, draw(7), new Date(publishedAt).getUTCFullYear()),
    publishedAt,
    modifiedAt: edition.modifiedAt ?? firstModified,
    revision: edition.revision,
    scoring: edition.scoring,
    ...scores,
  }
}

type Subject = Omit<KnownPlugin, 'id' | 'severity'> & { readonly cpe?: string }

function drawSubject(pool: Pool, index: number, n: number, hash: number): Subject {
  if (pool === 'common') {
    const subject = pick(commonSubjects, n)
    const classes: readonly PortClass[] = ['host', 'web', 'tls', 'ssh', 'smb', 'rpc', 'local', 'snmp']
    const commonFamilies = ['General', 'Service detection', 'Web Servers', 'Misc.', 'CGI abuses', 'Databases']
    const name = n < knownPlugins.length + commonSubjects.length ? subject : `${subject} (${n})`
    return { name, family: pick(commonFamilies, hash), portClass: pick(classes, hash >>> 8) }
  }
  const subject = pick(platformSubjects[pool], hash >>> 4)
  const portClass: PortClass = pool === 'network' ? pick(['web', 'snmp', 'ssh', 'host'] as const, hash >>> 8) : 'local'
  return { name: subject.name((hash % 0xffff) + index), family: subject.family, portClass, cpe: subject.cpe }
}

/** Ids rise with the index, below those of custom plugins; one in a hundred is custom. */
function drawId(pool: Pool, index: number, at: number): number {
  if (pool !== 'common' && at < 0.01) return 1_000_000 + index
  return (pool === 'common' ? 111_000 : 130_000) + index * 16 + Math.floor(at * 16)
}

const severityFloor: readonly number[] = [0, 0.1, 4, 7, 9]
const severitySpan: readonly number[] = [0, 3.8, 2.9, 1.9, 1]

function drawScores(hash: number, severity: Severity, scoring: number) {
  const draw = (k: number, moving = 0) => fraction(hash32(hash, topic.pluginText, k, moving))
  const cvss3 = round1(severityFloor[severity]! + draw(1) * severitySpan[severity]!)
  const rated = severity > 0
  const vpr = rated && draw(2) < 0.92 ? round1(Math.max(0.1, cvss3 * (0.45 + 0.55 * draw(3, scoring)))) : undefined
  const maturity = (['UNPROVEN', 'POC', 'FUNCTIONAL', 'HIGH'] as const)[weighted([60, 22, 10, 8], draw(4))]
  const intensity = (['VERY_LOW', 'LOW', 'MEDIUM', 'HIGH', 'VERY_HIGH'] as const)[
    weighted([70, 14, 8, 5, 3], draw(5, scoring))
  ]
  const categories: string[] = []
  if (rated && draw(6) < 0.05) categories.push('cisa known exploitable')
  if (rated && draw(7) < 0.08) categories.push('in the news')
  if (rated && draw(8) < 0.04) categories.push('ransomware')
  if (rated && draw(9, scoring) < 0.03) categories.push('emerging threats')
  const weapons = rated && draw(10) < 0.06 ? [pick(['apt', 'botnet', 'malware', 'ransomware', 'rootkit'], hash)] : []
  return {
    cvss2: rated ? round1(Math.min(10, cvss3 * (0.7 + 0.4 * draw(11)))) : 0,
    cvss3,
    cvss4: rated && draw(12) < 0.3 ? round1(Math.min(10, cvss3 * (0.8 + 0.3 * draw(13)))) : undefined,
    vpr,
    vprV2:
      vpr !== undefined && draw(14) < 0.4 ? round1(Math.max(0.1, vpr * (0.6 + 0.5 * draw(15, scoring)))) : undefined,
    epss: rated ? Math.round(draw(16, scoring) ** 6 * 97_000) / 1000 : undefined,
    exploitMaturity: vpr === undefined ? undefined : maturity,
    threatIntensity: vpr === undefined ? undefined : intensity,
    categories,
    weapons,
  }
}

function drawCves(hash: number, at: number, year: number): string[] {
  const count = at < 0.7 ? 1 + (hash % 3) : at < 0.95 ? 4 + (hash % 8) : 12 + (hash % 60)
  return Array.from(
    { length: count },
    (_, k) => `CVE-${year - ((hash + k) % 2)}-${1000 + (hash32(hash, topic.plugin, 100 + k) % 48_000)}`,
  )
}

function round1(value: number): number {
  return Math.round(value * 10) / 10
}

function floorDay(ms: number): number {
  return ms - (ms % dayMs)
}

function primeBelow(limit: number): number {
  for (let candidate = limit; ; candidate--) {
    let isPrime = candidate > 1
    for (let d = 2; d * d <= candidate && isPrime; d++) isPrime = candidate % d !== 0
    if (isPrime) return candidate
  }
}
