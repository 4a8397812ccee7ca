import { isIP } from 'node:net'
import { ConfigError } from './errors.ts'
import { Secret } from './secret.ts'

/** One environment variable: what it is for, its default, unit and range. The README's table is made from these. */
export interface Setting<T> {
  readonly name: string
  readonly about: string
  readonly unit?: string
  readonly range?: string
  readonly fallback: T
  /** Built in a later version: accepted, and said so at start. */
  readonly isPlanned?: boolean
  /** @throws string the rule that the text breaks */
  readonly parse: (text: string) => T
}

const text = (
  name: string,
  about: string,
  fallback: string | undefined,
  extra: Partial<Setting<string | undefined>> = {},
) => ({ name, about, fallback, parse: value => value, ...extra }) satisfies Setting<string | undefined>

const secret = (name: string, about: string) =>
  ({ name, about, fallback: undefined, parse: value => new Secret(value) }) satisfies Setting<Secret | undefined>

function whole(name: string, about: string, fallback: number, min: number, max: number, unit: string): Setting<number> {
  return {
    name,
    about,
    unit,
    range: `${min}–${max}`,
    fallback,
    parse(value) {
      const number = Number(value)
      if (!/^\d+$/.test(value) || number < min || number > max) throw `a whole number from ${min} to ${max} (${unit})`
      return number
    },
  }
}

function flag(name: string, about: string, fallback: boolean): Setting<boolean> {
  return {
    name,
    about,
    range: 'true, false',
    fallback,
    parse(value) {
      if (/^(true|1|yes|on)$/i.test(value)) return true
      if (/^(false|0|no|off)$/i.test(value)) return false
      throw 'true or false'
    },
  }
}

function oneOf<const T extends string>(name: string, about: string, choices: readonly T[], fallback: T): Setting<T> {
  return {
    name,
    about,
    range: choices.join(', '),
    fallback,
    parse(value) {
      const choice = choices.find(item => item === value.toLowerCase())
      if (choice === undefined) throw `one of ${choices.join(', ')}`
      return choice
    },
  }
}

function webAddress(value: string): string {
  let url: URL
  try {
    url = new URL(value)
  } catch {
    throw 'an address such as https://cloud.tenable.com'
  }
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) {
    throw 'an https address (http only for this machine itself)'
  }
  if (url.username !== '' || url.password !== '') throw 'an address without a user name or password in it'
  return url.href.replace(/\/+$/, '')
}

/** http is for a mirror inside; whether that is allowed another setting says. */
function feedAddress(value: string): string {
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) throw 'an address that begins with https://'
  const url = new URL(value)
  if (url.username !== '' || url.password !== '') throw 'an address without a user name or password in it'
  return url.href
}

function anyWebAddress(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '' || url.pathname !== '/') {
    throw 'an address without a path, such as https://tenfold.example.com'
  }
  return url.origin
}

function addressList(value: string): readonly string[] {
  const addresses = value.split(',').map(one => one.trim())
  const isAddress = (one: string) => {
    const [address = '', bits] = one.split('/')
    const family = isIP(address)
    return family !== 0 && (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
  }
  if (!addresses.every(isAddress)) throw 'addresses or networks separated by commas, such as 127.0.0.1, 10.0.0.0/8'
  return addresses
}

function scopeList(value: string): string {
  const words = value.split(/\s+/)
  if (!words.includes('openid')) throw 'words separated by spaces, openid among them'
  return words.join(' ')
}

/** What a group of the identity provider makes of its members. */
export interface GroupRole {
  readonly group: string
  readonly role: string
  /** By name; null for every tenant. */
  readonly tenant: string | null
}

/** Names of groups may hold equals signs and commas, as those of directories do: the last equals sign counts. */
function roleMap(value: string): readonly GroupRole[] {
  return value
    .split(';')
    .map(entry => entry.trim())
    .filter(entry => entry !== '')
    .map(entry => {
      const [, group = '', name = '', tenant] = /^(.+)=\s*(\w+)(?:@(.+))?$/.exec(entry) ?? []
      if (name === '') throw 'group=role or group=role@tenant, separated by semicolons'
      return { group: group.trim(), role: name.toLowerCase(), tenant: tenant?.trim() ?? null }
    })
}

/** Every setting the program reads. */
export const settings = {
  databaseUrl: {
    name: 'DATABASE_URL',
    about: 'PostgreSQL 15 or newer to use instead of the bundled one',
    range: 'postgres://user:password@host/database',
    fallback: undefined,
    parse(value: string) {
      if (!/^postgres(ql)?:\/\//.test(value)) throw 'an address that begins with postgres://'
      return new Secret(value)
    },
  } as Setting<Secret | undefined>,
  dataDir: text('TENFOLD_DATA_DIR', 'folder of the bundled database and of the generated key', undefined, {
    range: 'a path; ./data when not set',
  }),
  port: whole('PORT', 'port of the web page and the API; 0 takes a free one', 8010, 0, 65_535, 'port'),
  host: text('HOST', 'address to listen on; only this machine until there is an account', '127.0.0.1', {
    range: 'an address or a name of this machine; 0.0.0.0 for all of them',
  }),
  publicUrl: {
    name: 'TENFOLD_PUBLIC_URL',
    about: 'where browsers find the server when a proxy stands before it; cookies are for https when this is',
    range: 'an http or https address',
    fallback: undefined,
    parse: anyWebAddress,
  } as Setting<string | undefined>,
  trustedProxies: {
    name: 'TENFOLD_TRUSTED_PROXIES',
    about: 'proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; others could say anything',
    range: 'addresses or networks, separated by commas: 127.0.0.1, 10.0.0.0/8',
    fallback: [],
    parse: addressList,
  } as Setting<readonly string[]>,
  sessionIdleMinutes: whole(
    'TENFOLD_SESSION_IDLE_MINUTES',
    'time without a call after which a browser must sign in again',
    720,
    5,
    43_200,
    'minutes',
  ),
  sessionLifeHours: whole(
    'TENFOLD_SESSION_HOURS',
    'time after which a browser must sign in again however much it is used',
    168,
    1,
    2160,
    'hours',
  ),
  apiRequestsPerMinute: whole(
    'TENFOLD_API_RATE_LIMIT_PER_MINUTE',
    'calls of the API a minute by one person, token or, of strangers, address; 0 for no limit, a low one slows the screens',
    3_000,
    0,
    1_000_000,
    'calls a minute',
  ),
  apiRequestBurst: whole(
    'TENFOLD_API_RATE_LIMIT_BURST',
    'calls of the API that may come at once after a quiet time; opening a screen takes some twenty',
    600,
    50,
    100_000,
    'calls',
  ),
  apiStatementTimeoutSeconds: whole(
    'TENFOLD_API_STATEMENT_TIMEOUT_SECONDS',
    'time after which the database gives up a statement that a call of the API waits for; 0 for never',
    300,
    0,
    86_400,
    'seconds',
  ),
  oidcIssuer: {
    name: 'TENFOLD_OIDC_ISSUER',
    about: 'identity provider that people may sign in through',
    range: 'an https address',
    fallback: undefined,
    parse: webAddress,
  } as Setting<string | undefined>,
  oidcClientId: text('TENFOLD_OIDC_CLIENT_ID', 'what the identity provider calls this server', undefined),
  oidcClientSecret: secret(
    'TENFOLD_OIDC_CLIENT_SECRET',
    'what it proves itself with there; without it a public client',
  ),
  oidcScopes: text('TENFOLD_OIDC_SCOPES', 'what is asked for', 'openid profile email', {
    range: 'words, openid among them',
    parse: scopeList,
  }),
  oidcGroupsClaim: text('TENFOLD_OIDC_GROUPS_CLAIM', 'claim that lists the groups of a person', 'groups'),
  oidcRoleMap: {
    name: 'TENFOLD_OIDC_ROLE_MAP',
    about: 'what members of a group may do; who is in none of them is not let in',
    range: 'group=role or group=role@tenant, separated by semicolons; roles: viewer, analyst, operator, admin',
    fallback: [],
    parse: roleMap,
  } as Setting<readonly GroupRole[]>,
  oidcLabel: text('TENFOLD_OIDC_LABEL', 'what the button to sign in through it says', 'Sign in with single sign-on'),
  oidcAllowPrivate: flag(
    'TENFOLD_OIDC_ALLOW_PRIVATE',
    'the identity provider may be at an address of a private network',
    false,
  ),
  accessKey: secret('TENABLE_ACCESS_KEY', 'access key of a Tenable user made for Tenfold'),
  secretKey: secret('TENABLE_SECRET_KEY', 'secret key of the same user'),
  baseUrl: {
    name: 'TENABLE_BASE_URL',
    about: 'where the Tenable API is',
    range: 'an https address',
    fallback: 'https://cloud.tenable.com',
    parse: webAddress,
  } as Setting<string>,
  syncEnabled: flag('TENABLE_SYNC_ENABLED', 'a server starts the scheduled syncs by itself', true),
  syncIntervalHours: whole(
    'TENABLE_SYNC_INTERVAL_HOURS',
    'time between syncs of what changed; a long one leaves the mirror old, a short one fills Tenable’s queue of exports',
    4,
    1,
    168,
    'hours',
  ),
  fullSyncIntervalHours: whole(
    'TENABLE_FULL_SYNC_INTERVAL_HOURS',
    'time between full syncs, by default Sundays at 02:00 in this machine’s time zone (TZ); only they notice what is gone',
    168,
    24,
    2160,
    'hours',
  ),
  assetChunkSize: whole(
    'TENABLE_ASSET_CHUNK_SIZE',
    'assets in one chunk of an asset export',
    1000,
    100,
    10_000,
    'assets',
  ),
  vulnChunkSize: whole(
    'TENABLE_VULN_CHUNK_SIZE',
    'assets whose findings go into one chunk of a findings export; a larger chunk is more work to repeat after a crash',
    250,
    50,
    5000,
    'assets',
  ),
  maxConcurrentExports: whole(
    'TENABLE_MAX_CONCURRENT_EXPORTS',
    'exports of a source that we keep running at once, of the ten that its container allows everybody together',
    3,
    1,
    10,
    'exports',
  ),
  exportTimeoutMinutes: whole(
    'TENABLE_EXPORT_TIMEOUT_MINUTES',
    'how long an export may go without progress before it is given up',
    60,
    1,
    2880,
    'minutes',
  ),
  requestsPerMinute: whole(
    'TENABLE_RATE_LIMIT_REQUESTS_PER_MINUTE',
    'requests a minute with one key; too many make Tenable refuse',
    100,
    1,
    60_000,
    'requests a minute',
  ),
  requestBurst: whole(
    'TENABLE_RATE_LIMIT_BURST',
    'requests that may start at once after a quiet time',
    20,
    1,
    1000,
    'requests',
  ),
  retryMaxAttempts: whole(
    'TENABLE_RETRY_MAX_ATTEMPTS',
    'attempts of one request, the first included',
    5,
    1,
    20,
    'attempts',
  ),
  retryDelaySeconds: whole(
    'TENABLE_RETRY_DELAY_SECONDS',
    'first wait before a request is tried again; it doubles each time',
    1,
    0,
    300,
    'seconds',
  ),
  sourceNetworks: {
    name: 'TENFOLD_SOURCE_NETWORKS',
    about:
      'networks that sources set on the screen may be in beside the internet and, of servers of one’s own, private ones; opens them to whoever may add a source',
    range: 'addresses or networks, separated by commas: 127.0.0.1, 10.0.0.0/8',
    fallback: [],
    parse: addressList,
  } as Setting<readonly string[]>,
  proxyUrl: text('TENABLE_PROXY_URL', 'HTTP proxy for calls to Tenable', undefined),
  caFile: text('TENABLE_CA_FILE', 'PEM file of a private certificate authority to trust for Tenable', undefined),
  encryptionKey: secret(
    'TENABLE_ENCRYPTION_KEY',
    'key that seals stored credentials: 32 characters, or 32 bytes as hex or base64; without it a key file is generated',
  ),
  logLevel: oneOf(
    'TENABLE_LOG_LEVEL',
    'least serious event that is logged',
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'warn',
  ),
  metricsEnabled: flag('TENABLE_ENABLE_METRICS', 'serve /metrics', false),
  webhookUrl: { ...text('TENABLE_WEBHOOK_URL', 'address told of run ends', undefined), isPlanned: true },
  backupBeforeMigration: flag(
    'TENFOLD_BACKUP_BEFORE_MIGRATION',
    'write a backup into the data folder before a new version changes the schema',
    true,
  ),
  feedsEnabled: flag(
    'TENFOLD_FEEDS_ENABLED',
    'a server fetches EPSS and KEV by itself; without it nothing is called',
    false,
  ),
  epssUrl: {
    name: 'TENFOLD_EPSS_URL',
    about: 'where EPSS is fetched from: CSV, packed with gzip or not',
    range: 'an https address',
    fallback: 'https://epss.empiricalsecurity.com/epss_scores-current.csv.gz',
    parse: feedAddress,
  } as Setting<string>,
  kevUrl: {
    name: 'TENFOLD_KEV_URL',
    about: 'where CISA’s catalogue of exploited vulnerabilities is fetched from: JSON or CSV',
    range: 'an https address',
    fallback: 'https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json',
    parse: feedAddress,
  } as Setting<string>,
  feedIntervalHours: whole(
    'TENFOLD_FEED_INTERVAL_HOURS',
    'time between two looks at EPSS and KEV, which change once a day; an address that has nothing new sends nothing',
    24,
    1,
    168,
    'hours',
  ),
  feedsAllowPrivate: flag(
    'TENFOLD_FEEDS_ALLOW_PRIVATE',
    'EPSS and KEV may come from private addresses and by http, for a mirror inside; opens them to whoever may load a feed',
    false,
  ),
  archiveDir: text('TENFOLD_ARCHIVE_DIR', 'folder of the files that old rows go to', undefined, {
    range: 'a path; archive in the data folder when not set',
  }),
  importMaxMb: whole(
    'TENFOLD_IMPORT_MAX_MB',
    'largest file of findings that is taken, as it comes',
    4096,
    1,
    1_048_576,
    'megabytes',
  ),
  importFolder: text('TENFOLD_IMPORT_FOLDER', 'folder whose files of findings a server takes in', undefined, {
    range: 'a path; none is watched when not set',
  }),
  workers: whole(
    'TENFOLD_WORKERS',
    'threads of a process that read and merge chunks; while several sources are read each has one at least',
    2,
    1,
    32,
    'threads',
  ),
  maxRuns: whole(
    'TENFOLD_MAX_RUNS',
    'sources that one process reads at once; each costs memory, and the others wait',
    8,
    1,
    64,
    'sources',
  ),
} satisfies Record<string, Setting<unknown>>

export type Config = {
  readonly [K in keyof typeof settings]: (typeof settings)[K] extends Setting<infer T> ? T : never
}

export interface ReadConfig {
  readonly config: Config
  /** What a person should know: settings of features to come. */
  readonly notices: readonly string[]
}

/**
 * Reads the whole configuration once. An empty variable counts as not set.
 * @throws ConfigError `bad_setting`, one line for each setting that breaks its rule
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): ReadConfig {
  const values: Record<string, unknown> = {}
  const problems: string[] = []
  const notices: string[] = []
  for (const [key, setting] of Object.entries(settings) as [string, Setting<unknown>][]) {
    const given = environment[setting.name]?.trim() ?? ''
    values[key] = setting.fallback
    if (given === '') continue
    try {
      values[key] = setting.parse(given)
      if (setting.isPlanned) notices.push(`${setting.name} is set; this version does not use it yet.`)
    } catch (rule) {
      if (typeof rule !== 'string') throw rule
      problems.push(
        `${setting.name} must be ${rule}${given.length <= 60 && !isSecret(setting) ? `, not "${given}"` : ''}.`,
      )
    }
  }
  const config = values as Config
  if ((config.accessKey === undefined) !== (config.secretKey === undefined)) {
    const missing = config.accessKey === undefined ? settings.accessKey.name : settings.secretKey.name
    problems.push(`${missing} is not set; a Tenable key has two halves, set both or neither.`)
  }
  problems.push(...oidcProblems(config))
  if (problems.length > 0) throw new ConfigError('bad_setting', problems.join('\n'))
  return { config, notices }
}

function oidcProblems({ oidcIssuer, oidcClientId, oidcRoleMap }: Config): string[] {
  if (oidcIssuer === undefined && oidcClientId === undefined) return []
  if (oidcIssuer === undefined || oidcClientId === undefined) {
    const missing = oidcIssuer === undefined ? settings.oidcIssuer.name : settings.oidcClientId.name
    return [`${missing} is not set; signing in through an identity provider needs its issuer and our client id.`]
  }
  if (oidcRoleMap.length > 0) return []
  return [`${settings.oidcRoleMap.name} is not set; without it nobody who signs in through ${oidcIssuer} has a role.`]
}

/**
 * A secret in a variable that a person names on the command line, where the secret itself must not stand.
 * @throws ConfigError `bad_setting` when it is not set
 */
export function readSecretVariable(
  name: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Secret {
  const value = environment[name]?.trim() ?? ''
  if (value === '') throw new ConfigError('bad_setting', `${name} is not set.`)
  return new Secret(value)
}

function isSecret(setting: Setting<unknown>): boolean {
  return /KEY|SECRET|DATABASE_URL|PROXY/.test(setting.name)
}
