import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

const run = promisify(execFile)

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge']
const places = [
  '/usr/bin',
  '/usr/local/bin',
  '/snap/bin',
  '/opt/google/chrome',
  '/Applications/Chromium.app/Contents/MacOS',
  '/Applications/Google Chrome.app/Contents/MacOS',
  'C:\\Program Files\\Google\\Chrome\\Application',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application',
]
const suffixes = ['', '.exe']
const macNames = ['Chromium', 'Google Chrome']

// Nothing that phones home, and nothing that needs a graphics card.
const flags = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A real browser, headless, with a profile of its own that goes when it closes. */
export async function launchBrowser(): Promise<Browser> {
  const isRoot = process.getuid?.() === 0
  return chromium.launch({
    executablePath: findChromium() ?? (await installChromium()),
    headless: true,
    // It refuses to start as root with its sandbox, and needs it in no other case to be off.
    chromiumSandbox: !isRoot,
    args: flags,
  })
}

function findChromium(): string | undefined {
  const given = process.env.CHROMIUM_PATH
  if (given) {
    if (!existsSync(given)) throw new Error(`CHROMIUM_PATH names ${given}, and there is no such file.`)
    return given
  }
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...places].filter(folder => folder !== '')
  return folders
    .flatMap(folder => [...names, ...macNames].flatMap(name => suffixes.map(suffix => join(folder, name + suffix))))
    .find(path => existsSync(path))
}

async function installChromium(): Promise<string> {
  const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (!canInstall) throw new Error(`The browser tests need Chromium, and none is installed. ${remedy()}`)
  const quiet = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: 600_000 }
  await run('apt-get', ['update'], quiet)
  await run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], quiet)
  const installed = findChromium()
  if (installed === undefined) throw new Error(`apt-get installed no Chromium. ${remedy()}`)
  return installed
}

function remedy(): string {
  if (process.platform === 'darwin') return 'Run: brew install --cask chromium'
  if (process.platform === 'win32') return 'Run: winget install Google.Chrome'
  if (existsSync('/usr/bin/apt-get')) return 'Run: sudo apt-get update && sudo apt-get install -y chromium'
  return 'Install it with the system’s packages, or set CHROMIUM_PATH to a Chrome that is there.'
}
