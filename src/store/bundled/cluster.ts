import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, StoreError } from '../../platform/errors.ts'
import type { Binaries } from './binaries.ts'
import type { DataFolder } from './data-folder.ts'
import { isUnknownLocale, postgresFailure } from './failures.ts'
import { giveTo, readOwned, writeOwned } from './owned-file.ts'
import { type Outcome, run } from './run.ts'

/** The role and the database the application works with. It owns its database and may make others, and is no superuser. */
export const roleName = 'tenfold'
export const databaseName = 'tenfold'

/**
 * Makes sure that there is data this PostgreSQL can serve, with a password to it. A new cluster is made under another
 * name and gets its own only when it is complete: what an interrupted start leaves is never taken for data.
 * @throws StoreError `data_version`, `data_unknown`, `disk_full`, `postgres_create_failed`; CancelledError
 */
export async function ensureCluster(place: DataFolder, binaries: Binaries, signal?: AbortSignal): Promise<void> {
  await removeHalfMade(place)
  const found = await readMajor(place)
  if (found === undefined) return await createCluster(place, binaries, signal)
  if (found !== binaries.major) {
    throw new StoreError(
      'data_version',
      `${place.dataDir} holds the data of PostgreSQL ${found}, and this Tenfold brings PostgreSQL ${binaries.major}. Set ` +
        `DATABASE_URL to a PostgreSQL ${found} server with that data, use the Tenfold that wrote it, or set ` +
        'TENFOLD_DATA_DIR to an empty folder to start afresh.',
      { context: { data_dir: place.dataDir, found, expected: binaries.major } },
    )
  }
  if ((await findPassword(place)) === undefined) await replacePassword(place, binaries, signal)
}

/** @throws StoreError `password_missing` */
export async function readPassword(place: DataFolder): Promise<string> {
  const password = await findPassword(place)
  if (password !== undefined) return password
  throw new StoreError(
    'password_missing',
    `${passwordFile(place)} is missing, and without it nobody can log in. Stop that PostgreSQL server; the next start ` +
      'makes a new password.',
  )
}

const passwordFile = (place: DataFolder): string => join(place.cluster, 'tenfold.password')

async function findPassword(place: DataFolder): Promise<string | undefined> {
  try {
    return (await readOwned(passwordFile(place))).trim() || undefined
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined
    throw thrown
  }
}

const halfMadePrefix = 'postgres.new-'

async function removeHalfMade(place: DataFolder): Promise<void> {
  for (const name of await readdir(place.dataDir)) {
    if (name.startsWith(halfMadePrefix)) await removeFolder(join(place.dataDir, name))
  }
}

// The initdb of a start that was killed may still be writing.
const removeFolder = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })

/** @returns the major version; undefined when there is no data yet */
async function readMajor(place: DataFolder): Promise<number | undefined> {
  const names = await readdir(place.cluster).catch(thrown => {
    if (codeOf(thrown) === 'ENOENT') return []
    throw thrown
  })
  if (names.length === 0) return undefined
  const text = await readFile(join(place.cluster, 'PG_VERSION'), 'utf8').catch(() => '')
  const major = Number.parseInt(text, 10)
  if (Number.isInteger(major)) return major
  throw new StoreError(
    'data_unknown',
    `${place.cluster} is not empty and holds no PostgreSQL data that can be recognised. Move it away, set TENFOLD_DATA_DIR ` +
      'to another folder, or set DATABASE_URL to use another PostgreSQL server.',
    { context: { data_dir: place.dataDir } },
  )
}

async function createCluster(place: DataFolder, binaries: Binaries, signal?: AbortSignal): Promise<void> {
  const work = join(place.dataDir, `${halfMadePrefix}${randomBytes(6).toString('hex')}`)
  const making: DataFolder = { ...place, cluster: join(work, 'cluster') }
  const password = newPassword()
  try {
    await mkdir(work, { mode: 0o700 })
    await giveTo(place.user, work)
    await initialise(making, join(work, 'superuser'), binaries, signal)
    const settings = join(making.cluster, 'postgresql.conf')
    await writeOwned(making.user, settings, (await readOwned(settings)) + includes)
    await writeOwned(
      making.user,
      join(making.cluster, 'local.conf'),
      '# Your own settings for PostgreSQL, such as: work_mem = 64MB\n',
    )
    await withoutServer(making, binaries, roleAndDatabase(password), signal)
    await writeOwned(place.user, passwordFile(making), `${password}\n`)
    await rename(making.cluster, place.cluster)
  } finally {
    await removeFolder(work)
  }
}

async function initialise(
  making: DataFolder,
  secretFile: string,
  binaries: Binaries,
  signal?: AbortSignal,
): Promise<void> {
  // initdb wants a password for its superuser where passwords are asked; the next step takes it away again, and then
  // nobody can log in as superuser at all.
  await writeOwned(making.user, secretFile, newPassword())
  const args = ['-D', making.cluster, '-U', 'postgres', `--pwfile=${secretFile}`, '-A', 'scram-sha-256', '-E', 'UTF8']
  const tail = ['--set', 'huge_pages=off', '--no-instructions']
  const initdb = (locale: readonly string[]): Promise<Outcome> =>
    run(binaries.initdb, [...args, ...locale, ...tail], { user: making.user, signal, timeoutMs: 300_000 })
  let done = await initdb(['--locale=C.UTF-8'])
  // Where the C library has no such locale PostgreSQL's own of that name does the same.
  if (!done.ok && isUnknownLocale(done.output)) {
    done = await initdb(['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'])
  }
  if (!done.ok) throw postgresFailure('create', done.output, making)
}

const includes = `
# Tenfold's settings, written at each start; then your own, which win.
include_if_exists = 'tenfold.conf'
include_if_exists = 'local.conf'
`

const roleAndDatabase = (password: string): readonly string[] => [
  'alter role postgres password null',
  `create role ${roleName} login createdb password '${password}'`,
  `grant pg_monitor, pg_signal_backend, pg_checkpoint to ${roleName}`,
  `create database ${databaseName} owner ${roleName}`,
]

/** Its file was lost; whoever can read the data can set a new one. */
async function replacePassword(place: DataFolder, binaries: Binaries, signal?: AbortSignal): Promise<void> {
  const password = newPassword()
  await withoutServer(place, binaries, [`alter role ${roleName} password '${password}'`], signal)
  await writeOwned(place.user, passwordFile(place), `${password}\n`)
}

const newPassword = (): string => randomBytes(24).toString('base64url')

/** Runs statements on data that no server serves, one a line, and stops at the first that fails. */
async function withoutServer(
  place: DataFolder,
  binaries: Binaries,
  statements: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const args = ['--single', '-D', place.cluster, '-c', 'exit_on_error=on', '-c', 'logging_collector=off', 'postgres']
  const input = `${statements.join('\n')}\n`
  const done = await run(binaries.postgres, args, { user: place.user, input, signal })
  if (!done.ok) throw postgresFailure('create', withoutPasswords(done.output), place)
}

/** A failed statement is repeated in the output. */
const withoutPasswords = (output: string): string => output.replaceAll(/password '[^']*'/g, "password '***'")
