import { join, resolve } from 'node:path'
import type { CheckResult } from './connectors/connector.ts'
import type { TraceEntry } from './connectors/tenable-vm/index.ts'
import { accountSettingsOf } from './hub/account-settings.ts'
import { type Accounts, accountsOf } from './hub/accounts.ts'
import { environmentOf, limitsOf, scheduleDefaultsOf } from './hub/configured.ts'
import { type Feeds, feedsOf } from './hub/feeds.ts'
import { type Groups, groupsOf } from './hub/groups.ts'
import { type Imports, importsOf } from './hub/imports.ts'
import { type Reads, readsOf } from './hub/reads.ts'
import { type Reconciliation, reconciliationOf } from './hub/reconciliation.ts'
import { type Schedules, schedulesOf } from './hub/schedules.ts'
import { type Sources, sourcesOf } from './hub/sources.ts'
import { type Sweeps, sweepsOf } from './hub/sweeps.ts'
import { systemClock } from './platform/clock.ts'
import { type Config, readConfig } from './platform/config.ts'
import { messageOf } from './platform/errors.ts'
import { createTokenBucket } from './platform/limiter.ts'
import { createLog, type Log } from './platform/log.ts'
import type { Secret } from './platform/secret.ts'
import { readVersion } from './platform/version.ts'
import type { Actor } from './store/audit.ts'
import { backupBeforeMigration } from './store/backup/before-migration.ts'
import type { BackupKind } from './store/backup/manifest.ts'
import { checkBackup } from './store/backup/read.ts'
import { type RestoreOptions, type RestoreSummary, restoreBackup } from './store/backup/restore.ts'
import { startBundledPostgres } from './store/bundled/index.ts'
import { connectFault } from './store/connect-fault.ts'
import { type Database, openDatabase } from './store/database.ts'
import { readThroughLoss } from './store/lost-connection.ts'
import { Maintenance } from './store/maintenance/maintenance.ts'
import { migrate, schemaVersion } from './store/migrate.ts'
import { announceServer, isServerPresent } from './store/presence.ts'
import { keyIdOf, openSealing, parseKey, type Sealing } from './store/sealing.ts'
import { followEnvironment, type Source } from './store/sources.ts'
import { type Upkeep, upkeepOf } from './store/upkeep.ts'
import { sessionName } from './store/workers.ts'
import { createConnector, type SourceLimits, trustOf } from './sync/connection.ts'
import { createEngine } from './sync/engine.ts'
import type { Engine, Trace, UnsavedConnection } from './sync/engine-contract.ts'
import { limitsFor } from './sync/limits.ts'
import { life } from './sync/owner.ts'
import type { RefreshRequest } from './sync/refresh.ts'
import { startRuleDates } from './sync/rule-dates.ts'

export type {
  Actor,
  BackupKind,
  CheckResult,
  RefreshRequest,
  RestoreOptions,
  RestoreSummary,
  Source,
  Trace,
  TraceEntry,
}
export { checkBackup }

export interface HubOptions {
  /** Defaults to the environment's. */
  readonly config?: Config
  /** Said aloud: where the data went, what a setting does not do yet. */
  readonly onNotice?: (notice: string) => void
  /** Takes up runs in this process; without it they only queue. Default true. */
  readonly withEngine?: boolean
  /**
   * A long-lived server, whose environment decides: without keys in it, the source they once made is read no more. A
   * command run from another shell has no say in that.
   */
  readonly isServer?: boolean
  /** What this process is to the others that read sources; a worker takes the sealing key of the database or none. */
  readonly role?: 'server' | 'worker' | 'command'
  /** Keeps the bundled database in a folder of its own below the data folder, apart from the real one. */
  readonly dataFolder?: string
  readonly signal?: AbortSignal
  /** Quicker polling of the vendor's jobs, for the demonstration and tests. */
  readonly limits?: Partial<SourceLimits>
}

export interface ServeOptions {
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
  readonly webRoot?: string
}

/** Every room, built and connected. */
export interface Hub {
  readonly config: Config
  readonly version: string
  readonly log: Log
  readonly dataDir: string
  readonly database: Database
  readonly sealing: Sealing
  readonly engine: Engine
  /** The source that the environment's keys make, when they are set. */
  readonly environmentSource: Source | null
  /** `bundled` when the database is our own server and not `DATABASE_URL`'s. */
  readonly databaseKind: 'bundled' | 'given'
  readonly schema: { readonly version: number; readonly applied: readonly number[] }
  readonly sources: Sources
  readonly schedules: Schedules
  readonly sweeps: Sweeps
  readonly accounts: Accounts
  readonly feeds: Feeds
  readonly groups: Groups
  readonly imports: Imports
  readonly reconciliation: Reconciliation
  readonly read: Reads
  readonly upkeep: Upkeep
  readonly maintenance: Maintenance
  /**
   * Serves the API, and the web app when its built files are given, until the hub stops.
   * @throws ConfigError `listen_not_loopback`; the system's EADDRINUSE
   */
  startApi(options: ServeOptions): Promise<{ readonly url: string }>
  /** Says that this process is a server: it takes up the runs that others queue, until it stops. */
  announce(): Promise<void>
  /** Whether a server works on this database, so that queued runs are taken up without us. */
  isServed(): Promise<boolean>
  /** Stops the engine, closes the connections, and stops the bundled server if we started it. Safe to call twice. */
  stop(): Promise<void>
}

/** Opens the database (starting the bundled one when none is given), brings its schema up to date, builds the rooms. */
export async function openHub(options: HubOptions = {}): Promise<Hub> {
  const { config, notices } = options.config ? { config: options.config, notices: [] } : readConfig()
  const notice = options.onNotice ?? (() => undefined)
  for (const text of notices) notice(text)
  const log = createLog(config.logLevel)
  const version = readVersion()
  const closers: (() => Promise<void>)[] = []
  let isStopping = false
  const close = closeOnce(closers, log)
  const stop = () => {
    isStopping = true
    return close()
  }
  try {
    const server = await openServer(config, options, notice)
    closers.push(server.stop)
    const onIdleError = (error: Error) => {
      // A pool says that it has ended before its sockets have; the server that stops then still tells them.
      if (!isStopping) log.warn({ error: error.message }, 'an idle database connection broke')
    }
    const database = openDatabase(server.connectionString, { applicationName: sessionName(life), onIdleError })
    closers.push(() => database.close())
    const beforeUpgrade = async (from: number, to: number) => {
      if (!config.backupBeforeMigration) return
      const { dataDir } = server
      const file = await backupBeforeMigration(database, { dataDir, programVersion: version, from, to })
      notice(`The schema goes from ${from} to ${to}; a backup of what was there is in ${file}.`)
    }
    const applied = await migrate(database, { beforeUpgrade }).catch(thrown => {
      throw connectFault(thrown, server.connectionString)
    })
    const schema = { version: await schemaVersion(database), applied }
    const role = options.role ?? (options.isServer ? 'server' : 'command')
    const sealing = await openSealing({
      database,
      dataDir: server.dataDir,
      encryptionKey: config.encryptionKey,
      isGuest: role === 'worker',
    })
    // What the environment makes is the server's to say; a worker may have been started from another one.
    const environment = role === 'worker' ? null : environmentOf(config)
    const schedules = scheduleDefaultsOf(config)
    const environmentSource =
      environment || options.isServer ? await followEnvironment({ database, sealing, schedules }, environment) : null
    const limits = { ...limitsOf(config, version), ...options.limits }
    const engine = createEngine({
      database,
      sealing,
      clock: systemClock,
      log,
      limits,
      workers: config.workers,
      maxRuns: config.maxRuns,
      role,
      logLevel: config.logLevel,
    })
    if (options.withEngine ?? true) await engine.start()
    closers.push(() => engine.stop())
    const feeds = feedsOf({ database, config, log, version, caPem: limits.caPem })
    const groups = groupsOf(database)
    const imports = importsOf({ database, config, log, dataDir: server.dataDir })
    closers.push(() => imports.stop())
    const reconciliation = reconciliationOf({ database, engine, log, importer: imports.importer })
    closers.push(() => reconciliation.stop())
    const maintenance = new Maintenance({
      database,
      log,
      clock: systemClock,
      programVersion: version,
      folder: resolve(config.archiveDir ?? join(server.dataDir, 'archive')),
    })
    closers.push(() => maintenance.stop())
    const databaseKind = config.databaseUrl ? 'given' : 'bundled'
    return {
      config,
      version,
      log,
      dataDir: server.dataDir,
      database,
      sealing,
      engine,
      environmentSource,
      databaseKind,
      schema,
      sources: sourcesOf({ database, sealing, schedules }),
      schedules: schedulesOf(database),
      sweeps: sweepsOf(database, engine),
      accounts: accountsOf(database),
      feeds,
      groups,
      imports,
      reconciliation,
      read: readsOf(database),
      upkeep: upkeepOf({
        database,
        sealing,
        log,
        programVersion: version,
        dataDir: server.dataDir,
        encryptionKey: config.encryptionKey,
      }),
      maintenance,
      startApi: async ({ host, port, webRoot }) => {
        // Commands that serve nothing start quicker without it.
        const { createApi } = await import('./api/server.ts')
        const web = webRoot === undefined ? {} : { web: { root: webRoot } }
        const { metricsEnabled } = config
        const accounts = accountSettingsOf(config)
        const scoreFeeds = { ...feeds.settings, isOn: feeds.isOn }
        const rateLimit = { perMinute: config.apiRequestsPerMinute, burst: config.apiRequestBurst }
        // Apart from those of runs: however many read, a run never waits for a connection to say that it is alive.
        const answering = openDatabase(server.connectionString, {
          applicationName: sessionName(life),
          patienceMs: 60_000,
          statementTimeoutMs: config.apiStatementTimeoutSeconds * 1000,
          onIdleError,
        })
        closers.push(() => answering.close())
        const api = await createApi({
          ...{ database: answering, engine, sealing, log, clock: systemClock, version, schedules, scoreFeeds },
          ...{ maintenance, metricsEnabled, accounts, importer: imports.importer, rateLimit },
          ...web,
        })
        closers.push(() => api.stop())
        return api.start({ host, port })
      },
      announce: async () => {
        closers.push(await announceServer(database))
        if (config.syncEnabled) engine.startSchedules()
        if (feeds.isOn) closers.push(feeds.startSchedule())
        closers.push(startRuleDates({ database, clock: systemClock, log }))
        maintenance.start()
        imports.startServer()
      },
      isServed: () => readThroughLoss(() => isServerPresent(database)),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * Puts a backup into the empty database of the configuration. Nothing else may have been built on it: a source that the
 * environment makes would be in the way.
 * @throws what `restoreBackup` throws
 */
export async function restoreInto(options: HubOptions, file: string, restore: RestoreOptions): Promise<RestoreSummary> {
  const config = options.config ?? readConfig().config
  const server = await openServer(config, options, options.onNotice ?? (() => undefined))
  try {
    const database = openDatabase(server.connectionString, { onIdleError: () => undefined })
    try {
      return await restoreBackup(database, file, restore)
    } catch (thrown) {
      throw connectFault(thrown, server.connectionString)
    } finally {
      await database.close()
    }
  } finally {
    await server.stop()
  }
}

/** The name of a sealing key, as errors and the database have it. */
export function sealingKeyId(key: Secret, setting: string): string {
  return keyIdOf(parseKey(key.reveal(), setting))
}

/** Tries a key for every right; needs no database and leaves no trace in one. */
export async function checkConnection(
  config: Config,
  connection: UnsavedConnection,
  options: { readonly signal: AbortSignal; readonly trace?: Trace | undefined },
): Promise<CheckResult> {
  const limits = limitsFor(connection.kind, limitsOf(config, readVersion()), connection.settings ?? {})
  const { requestsPerMinute: perMinute, requestBurst: burst } = limits
  const connector = createConnector(
    { ...connection, trust: trustOf(connection.settings ?? {}), limits, isOfEnvironment: true },
    {
      limiter: createTokenBucket({ perMinute, burst, clock: systemClock }),
      log: createLog(config.logLevel),
      clock: systemClock,
      ...(options.trace ? { trace: options.trace } : {}),
    },
  )
  try {
    return await connector.check(options.signal)
  } finally {
    await connector.close()
  }
}

interface OpenServer {
  readonly connectionString: string
  readonly dataDir: string
  readonly stop: () => Promise<void>
}

async function openServer(config: Config, options: HubOptions, notice: (text: string) => void): Promise<OpenServer> {
  const dataDir = resolve(config.dataDir ?? join(import.meta.dirname, '..', 'data'))
  if (config.databaseUrl) {
    return { connectionString: config.databaseUrl.reveal(), dataDir, stop: () => Promise.resolve() }
  }
  const server = await startBundledPostgres({
    dataDir: join(dataDir, options.dataFolder ?? ''),
    dataDirIsExplicit: config.dataDir !== undefined,
    log: notice,
    ...(options.signal ? { signal: options.signal } : {}),
  })
  for (const text of server.notices) notice(text)
  return { connectionString: server.connectionString, dataDir: server.dataDir, stop: () => server.stop() }
}

/** Closes in the opposite order of opening; one that fails does not keep the others open. */
function closeOnce(closers: (() => Promise<void>)[], log: Log): () => Promise<void> {
  let closing: Promise<void> | undefined
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) {
      await closer().catch(error => log.warn({ error: messageOf(error) }, 'something did not close'))
    }
  }
  return () => {
    closing ??= close()
    return closing
  }
}
