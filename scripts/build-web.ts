import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { webConfig } from '../vite.config.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
/** What the built files are made from. */
const inputs = [
  'src/web',
  'src/client',
  'src/contract',
  'src/domain',
  'scripts/build-web.ts',
  'vite.config.ts',
  'package-lock.json',
]

export interface BuildOptions {
  readonly outDir: string
  readonly log?: (line: string) => void
}

/**
 * Builds the web app. The folder is replaced as a whole when the build is done, so that a server that reads it, or a
 * second build beside this one, never meets half of it.
 */
export async function buildWeb({ outDir, log = () => undefined }: BuildOptions): Promise<void> {
  const startedAt = Date.now()
  const target = resolve(outDir)
  await mkdir(dirname(target), { recursive: true })
  const fresh = `${target}.${randomBytes(4).toString('hex')}`
  try {
    await buildForReaders(fresh)
    await replaceFolder(fresh, target)
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
  log(`Built the web app in ${((Date.now() - startedAt) / 1000).toFixed(1)} s: ${target}`)
}

// Vite and React ask the environment before the mode, and a test run has NODE_ENV=test: the pages would be React's
// development build, larger and slower, and stay so until their sources change.
async function buildForReaders(outDir: string): Promise<void> {
  const before = process.env.NODE_ENV
  process.env.NODE_ENV = 'production'
  try {
    await build({ ...webConfig({ outDir, apiPort: 0 }), configFile: false, logLevel: 'error', mode: 'production' })
  } finally {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  }
}

export interface EnsureOptions {
  /** Used when the checkout cannot be written to. */
  readonly cacheDir: string
  readonly log?: (line: string) => void
}

/**
 * Builds only when something it is made from has changed since the last build.
 * @returns the folder that holds index.html
 */
export async function ensureWebBuilt({ cacheDir, log }: EnsureOptions): Promise<string> {
  const version = await inputVersion()
  const inCheckout = join(root, 'dist/web')
  const inCache = join(cacheDir, 'web')
  for (const outDir of [inCheckout, inCache]) {
    if (await isBuilt(outDir, version)) return outDir
  }
  const outDir = (await isWritable(dirname(inCheckout))) ? inCheckout : inCache
  await buildWeb(log ? { outDir, log } : { outDir })
  await writeFile(stampOf(outDir), version)
  return outDir
}

async function isBuilt(outDir: string, version: string): Promise<boolean> {
  if (!existsSync(join(outDir, 'index.html'))) return false
  const built = await readFile(stampOf(outDir), 'utf8').catch(() => '')
  return built === version
}

/** Beside the folder, not in it: everything in it is served. */
function stampOf(outDir: string): string {
  return `${outDir}.version`
}

async function inputVersion(): Promise<string> {
  const hash = createHash('sha256')
  for (const input of inputs) {
    for (const file of await filesOf(join(root, input))) {
      if (/\.test\.tsx?$/.test(file)) continue
      hash.update(file.slice(root.length)).update('\0')
      hash.update(await readFile(file)).update('\0')
    }
  }
  return hash.digest('hex')
}

async function filesOf(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined
    throw error
  })
  if (entries === undefined) return [path]
  return entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}

async function isWritable(folder: string): Promise<boolean> {
  // Tried, not asked: root may write where the file system itself is read-only.
  const probe = join(folder, `.write-${randomBytes(4).toString('hex')}`)
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(probe, '')
    await rm(probe, { force: true })
    return true
  } catch {
    return false
  }
}

async function replaceFolder(fresh: string, target: string): Promise<void> {
  const old = `${fresh}.old`
  for (let attempt = 1; ; attempt += 1) {
    await rename(target, old).catch(ignoreMissing)
    try {
      await rename(fresh, target)
      break
    } catch (error) {
      // Another build put its own there between the two steps.
      const { code } = error as NodeJS.ErrnoException
      if (attempt === 5 || (code !== 'ENOTEMPTY' && code !== 'EEXIST')) throw error
    }
    await rm(old, { recursive: true, force: true })
  }
  await rm(old, { recursive: true, force: true })
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const outDir = join(root, 'dist/web')
  await buildWeb({ outDir, log: line => process.stdout.write(`${line}\n`) })
  await writeFile(stampOf(outDir), await inputVersion())
}
