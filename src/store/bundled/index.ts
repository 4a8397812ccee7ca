import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf, StoreError } from '../../platform/errors.ts'
import { databaseName, readPassword, roleName } from './cluster.ts'
import { type DataFolder, prepareDataFolder } from './data-folder.ts'
import { type Host, isWindows, thisHost } from './host.ts'
import { claimOwnership, type Login, type Ownership } from './ownership.ts'
import { isServing, type Postmaster, readPostmaster } from './postmaster.ts'
import { ensureRunning, type ServerDeps } from './server.ts'
import { withStartLock } from './start-lock.ts'
import { stopServer } from './stop.ts'

export interface BundledServer {
  /** For `pg`; carries the password, so it is a secret. */
  readonly connectionString: string
  /** Whether this process stops the server. It does when it started it, or when whoever did is dead. */
  readonly owned: boolean
  /** Where the data really is. */
  readonly dataDir: string
  /** PostgreSQL's, such as `18.4`. */
  readonly version: string
  /** What a person should be told, in whole sentences. */
  readonly notices: readonly string[]
  /**
   * Leaves the server. Stopping is the owner's, or, where others still used it when the owner left, the last one's; then
   * it returns when the server has gone, within a minute. May be called again.
   */
  stop(): Promise<void>
}

export interface BundledOptions {
  /** Holds everything: the cluster in `postgres`, what it says while starting in `postgres-start.log`. */
  readonly dataDir: string
  /** Whether a person chose that folder: then another one is never taken in its place. */
  readonly dataDirIsExplicit: boolean
  /** Gets a line when something takes long. */
  readonly log?: (line: string) => void
  readonly signal?: AbortSignal
}

/**
 * Starts the bundled PostgreSQL on a data folder, or joins the one that runs there. It outlives this process when nobody
 * calls `stop`; the next start then takes it over.
 * @throws ConfigError when the operator has to change something, StoreError when the data or the disk is the matter,
 *   CancelledError when the signal fired; each with its remedy
 */
export async function startBundledPostgres(options: BundledOptions, host: Host = thisHost()): Promise<BundledServer> {
  const place = await prepareDataFolder(options, host)
  const log = options.log ?? (() => undefined)
  const server = new Server(place, host, log)
  const notices = await server.start(options.signal)
  return {
    connectionString: connectionString(server.login),
    owned: server.ownership.owned,
    dataDir: place.dataDir,
    version: server.ownership.version,
    notices: [...place.notices, ...notices],
    stop: () => server.stop(),
  }
}

function connectionString({ host, port, user, password }: Login): string {
  const query = new URLSearchParams({ host, port: String(port), sslmode: 'disable' })
  return `postgres://${user}:${password}@localhost/${databaseName}?${query}`
}

/** Between two looks at a server that has crashed. */
const recoverAfterMs = 300

/** One server as this process sees it, from the start to the stop. */
class Server {
  readonly #place: DataFolder
  readonly #host: Host
  readonly #log: (line: string) => void
  readonly #stopping = new AbortController()
  #state: { readonly login: Login; ownership: Ownership } | undefined
  #recovering: Promise<void> | undefined
  #stopped: Promise<void> | undefined

  constructor(place: DataFolder, host: Host, log: (line: string) => void) {
    this.#place = place
    this.#host = host
    this.#log = log
  }

  get login(): Login {
    return this.#known().login
  }

  get ownership(): Ownership {
    return this.#known().ownership
  }

  async start(signal: AbortSignal | undefined): Promise<readonly string[]> {
    const onWait = (): void => this.#log('Another Tenfold is starting or stopping PostgreSQL here; waiting for it …')
    return await withStartLock(this.#lockFile(), { signal, onWait }, () => this.#runAndClaim(signal))
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  #known(): { readonly login: Login; ownership: Ownership } {
    if (this.#state === undefined) throw new StoreError('not_started', 'The bundled PostgreSQL has not been started.')
    return this.#state
  }

  #lockFile(): string {
    return join(this.#place.dataDir, 'postgres.lock')
  }

  async #runAndClaim(signal: AbortSignal | undefined): Promise<readonly string[]> {
    const deps: ServerDeps = { host: this.#host, log: this.#log, signal }
    for (;;) {
      const { postmaster, isNew, notices } = await ensureRunning(this.#place, deps)
      try {
        const login = await this.#loginTo(postmaster)
        this.#state = { login, ownership: await claimOwnership(login, () => this.#onLost()) }
        return notices
      } catch (thrown) {
        if (isNew) await stopServer(this.#place, this.#host)
        // One that was killed just now still looks alive for a moment.
        if (isNew || !(await this.#dies(postmaster))) throw thrown
      }
    }
  }

  async #dies({ pid }: Postmaster): Promise<boolean> {
    await delay(500)
    return !(await isServing(pid, this.#place, this.#host))
  }

  async #loginTo(postmaster: Postmaster): Promise<Login> {
    return {
      host: isWindows(this.#host) ? '127.0.0.1' : postmaster.socketDir,
      port: postmaster.port,
      user: roleName,
      password: await readPassword(this.#place),
    }
  }

  #onLost(): void {
    if (this.#stopping.signal.aborted || this.#recovering !== undefined) return
    this.#recovering = this.#recover()
      .catch(thrown => this.#log(`The bundled PostgreSQL could not be brought back: ${messageOf(thrown)}`))
      .finally(() => {
        this.#recovering = undefined
      })
  }

  /** The server crashed under us: brings it back, for the pools of this process to find. */
  async #recover(): Promise<void> {
    const { signal } = this.#stopping
    for (const attempt of [1, 2, 3]) {
      await delay(recoverAfterMs * attempt, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      // A clean stop takes its file away. Somebody meant it.
      if ((await readPostmaster(this.#place.cluster)) === undefined) return
      try {
        this.#log('The bundled PostgreSQL has crashed; bringing it back …')
        await withStartLock(this.#lockFile(), { signal }, () => this.#runAndClaim(signal))
        return
      } catch (thrown) {
        if (signal.aborted) return
        if (attempt === 3) throw thrown
      }
    }
  }

  async #stop(): Promise<void> {
    this.#stopping.abort()
    await this.#recovering
    try {
      await withStartLock(this.#lockFile(), { waitMs: 15_000 }, () => this.#leave())
    } catch (thrown) {
      // A start that hangs with the lock in its hand must not keep us from stopping.
      if (!(thrown instanceof StoreError) || thrown.code !== 'start_lock') throw thrown
      await this.#leave()
    }
  }

  /** The owner stops the server; when others still use it, the last of them does. */
  async #leave(): Promise<void> {
    const { login, ownership } = this.#known()
    if (ownership.owned && ownership.isHeld()) return await this.#stopUnlessUsed(ownership)
    await ownership.release()
    // Whoever owned it may have left before us, or died; or our own session was lost and somebody took over.
    const claim = await claimOwnership(login, () => undefined, 2_000).catch(() => undefined)
    if (claim?.owned) return await this.#stopUnlessUsed(claim)
    await claim?.release()
    if (claim === undefined && ownership.owned) await stopServer(this.#place, this.#host)
  }

  async #stopUnlessUsed(ownership: Ownership): Promise<void> {
    const isUsed = await ownership.isUsed()
    await ownership.release()
    if (!isUsed) await stopServer(this.#place, this.#host)
  }
}
