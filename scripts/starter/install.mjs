import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StartError } from './fault.mjs'

/**
 * Makes `node_modules` what the lockfile says. When it already is, this reads two files and returns.
 * @param {string} root the checkout
 */
export async function ensureInstalled(root) {
  const wanted = lockfileHash(root)
  if (wanted === undefined || isStamped(root, wanted)) return
  if (matchesLockfile(root)) return stamp(root, wanted)
  const release = await takeInstallLock(root)
  if (release === undefined) {
    say(`package-lock.json has changed, but ${root} is read-only: going on with the packages that are installed.`)
    return
  }
  try {
    if (isStamped(root, wanted)) return
    install(root)
    stamp(root, wanted)
  } finally {
    release()
  }
}

function lockfileHash(root) {
  try {
    return createHash('sha256')
      .update(readFileSync(join(root, 'package-lock.json')))
      .digest('hex')
  } catch {
    // Without a lockfile this is no checkout but somebody's own arrangement; they have installed what they want.
    return undefined
  }
}

const stampFile = root => join(root, 'node_modules', '.tenfold-installed')

function isStamped(root, hash) {
  try {
    return readFileSync(stampFile(root), 'utf8').trim() === hash
  } catch {
    return false
  }
}

function stamp(root, hash) {
  try {
    writeFileSync(stampFile(root), `${hash}\n`)
  } catch {
    // A read-only checkout: the next start compares again, which costs a few milliseconds.
  }
}

/** Whether somebody has already run npm: it leaves a lockfile of what it really installed. */
function matchesLockfile(root) {
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
    const found = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8')).packages
    // All tools left out is somebody's `--omit=dev`, some of them an interrupted install.
    const withoutTools = !Object.entries(wanted).some(
      ([path, entry]) => entry.dev === true && found[path] !== undefined,
    )
    return Object.entries(wanted).every(([path, entry]) => {
      if (path === '' || (withoutTools && entry.dev === true)) return true
      const installed = found[path]
      // npm leaves out what is for other platforms, and what only that needs; all of it is optional.
      if (installed === undefined) return entry.optional === true && !isMadeForHere(entry)
      return installed.version === entry.version && installed.integrity === entry.integrity
    })
  } catch {
    return false
  }
}

function isMadeForHere({ os, cpu, libc }) {
  const names = (list, here) => [list ?? []].flat().includes(here)
  return names(os, process.platform) && names(cpu, process.arch) && libc === undefined
}

function install(root) {
  say('installing packages (once, and after each change of package-lock.json) …')
  // Nothing needs an install script: Node and PostgreSQL come as plain files, and their links are made at first start.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const options = { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], windowsHide: true }
  const npm = npmScript()
  const done =
    npm === undefined
      ? spawnSync('npm', args, { ...options, shell: process.platform === 'win32' })
      : spawnSync(process.execPath, [npm, ...args], options)
  if (done.status === 0) return
  const why = done.error ? `npm did not start (${done.error.message})` : `npm ended with ${done.status ?? done.signal}`
  throw new StartError(
    `The packages could not be installed: ${why}. Put right what it said above (network, proxy, disk space, rights on ` +
      `${root}), or run "npm ci" there yourself, and start again.`,
  )
}

/** npm's own script, so that it runs under this Node: the one that called us, else the one beside this Node. */
function npmScript() {
  const caller = process.env.npm_execpath
  if (caller !== undefined && basename(caller) === 'npm-cli.js' && existsSync(caller)) return caller
  const prefix = dirname(process.execPath)
  return [
    join(prefix, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(prefix, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ].find(existsSync)
}

/** An install takes a minute on a slow line; one that holds the lock for longer than this was cut off. */
const abandonedMs = 20 * 60_000

/**
 * @returns {Promise<(() => void) | undefined>} what gives the lock back; `undefined` when the checkout cannot be written
 *   and has packages already
 */
async function takeInstallLock(root) {
  // Outside node_modules, which `npm ci` deletes.
  const folder = join(root, '.tenfold')
  const file = join(folder, 'install.lock')
  let said = false
  for (;;) {
    try {
      mkdirSync(folder, { recursive: true })
      writeFileSync(file, String(process.pid), { flag: 'wx' })
      return () => rmSync(file, { force: true })
    } catch (fault) {
      if (fault.code !== 'EEXIST') {
        if (existsSync(join(root, 'node_modules'))) return undefined
        throw new StartError(
          `Packages must be installed, but ${root} cannot be written (${fault.code}). Run "npm ci" there as its owner.`,
        )
      }
    }
    if (isAbandoned(file)) rmSync(file, { force: true })
    else {
      if (!said) say('another start is installing packages; waiting for it …')
      said = true
      await delay(100)
    }
  }
}

function isAbandoned(file) {
  try {
    if (Date.now() - statSync(file).mtimeMs > abandonedMs) return true
    const pid = Number(readFileSync(file, 'utf8'))
    // Between its creation and its first byte the file is empty.
    if (!Number.isInteger(pid) || pid <= 0) return Date.now() - statSync(file).mtimeMs > 5_000
    process.kill(pid, 0)
    return false
  } catch (fault) {
    return fault.code === 'ESRCH'
  }
}

function say(text) {
  process.stderr.write(`tenfold: ${text}\n`)
}
