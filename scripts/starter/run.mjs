import { spawn } from 'node:child_process'
import * as nodeModule from 'node:module'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { StartError } from './fault.mjs'

const { enableCompileCache } = nodeModule

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Two signals of one kind within this time are one: a person needs longer to press Ctrl-C twice. */
const sameSignalMs = 400

const parentCheckMs = 200

/** Tools started by name must be the checkout's own. */
export function putToolsFirst(root) {
  const key = Object.keys(process.env).find(name => name.toUpperCase() === 'PATH') ?? 'PATH'
  const own = join(root, 'node_modules', '.bin')
  const rest = (process.env[key] ?? '').split(delimiter).filter(folder => folder !== own)
  process.env[key] = [own, ...rest].join(delimiter)
}

/** Early releases of Node 24 warn of features that later ones call stable; nobody who starts Tenfold can act on it. */
export function quietWarnings() {
  const emitWarning = process.emitWarning
  process.emitWarning = (warning, ...rest) => {
    const type = typeof rest[0] === 'string' ? rest[0] : (rest[0]?.type ?? warning?.name)
    if (type !== 'ExperimentalWarning') emitWarning.call(process, warning, ...rest)
  }
}

/** Runs a file in this process, as if it had been named on the command line. */
export async function runHere(file, args) {
  const heard = hearSignalsOnce()
  whenNpmIsGone(() => {
    if (heard.size === 0) process.kill(process.pid, 'SIGTERM')
  })
  process.argv = [process.argv[0], file, ...args]
  // Half of a start is the compiling of files that are the same as last time.
  enableCompileCache?.()
  await import(pathToFileURL(file).href)
}

/** Runs a file under another Node and ends as it ends: same exit code, or the same signal. */
export async function runChild(node, args) {
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...args], { stdio: 'inherit', windowsHide: true })
  let isForwarded = false
  const forward = signal => {
    isForwarded = true
    child.kill(signal)
  }
  for (const signal of stopSignals) process.on(signal, forward)
  whenNpmIsGone(() => {
    if (!isForwarded) forward('SIGTERM')
  })
  const { code, signal } = await new Promise((resolve, reject) => {
    child.once('error', fault => reject(new StartError(`${node} did not start: ${fault.message}`)))
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  for (const name of stopSignals) process.off(name, forward)
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0)
  if (signal !== null && process.platform !== 'win32') process.kill(process.pid, signal)
}

// A Ctrl-C reaches every process of the terminal, and npm and our own starter pass it on as well, so the program would
// hear one key press up to three times and take the second for "stop at once". Sent to one process alone, it comes once.
function hearSignalsOnce() {
  const emit = process.emit
  const heardAt = new Map()
  process.emit = function (name, ...rest) {
    if (!stopSignals.includes(name)) return emit.call(this, name, ...rest)
    const now = performance.now()
    const before = heardAt.get(name) ?? Number.NEGATIVE_INFINITY
    heardAt.set(name, now)
    return now - before < sameSignalMs ? true : emit.call(this, name, ...rest)
  }
  return heardAt
}

// `npm run` and `npx` put a shell between themselves and us. A signal to npm ends that shell and goes no further, which
// would leave the program running with nobody to stop it: losing that shell counts as the signal.
function whenNpmIsGone(act) {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    act()
  }, parentCheckMs)
  timer.unref()
}
