import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchBrowser } from '../test/browser/browser.ts'

// `npm run screenshots`: the pictures of the README, of the demonstration as it is now. docs/images/<name>.png.

const root = join(import.meta.dirname, '..')
const folder = join(root, 'docs', 'images')

const pictures = [
  { name: 'overview', path: '/', scheme: 'light' },
  { name: 'vulnerabilities', path: '/vulnerabilities/tenable?by=plugin', scheme: 'light' },
  { name: 'assets', path: '/assets/tenable', scheme: 'dark' },
  { name: 'sync', path: '/admin/tenable/sync', scheme: 'light' },
  { name: 'compliance', path: '/compliance/tenable', scheme: 'dark' },
  { name: 'networks', path: '/networks', scheme: 'light' },
] as const

const size = { width: 1280, height: 820 } as const

const dataDir = mkdtempSync(join(tmpdir(), 'tenfold-pictures-'))
// The bundled server may run as another user, who must be able to enter.
chmodSync(dataDir, 0o755)
const demo = spawn(process.execPath, [join(root, 'src', 'cli', 'main.ts'), 'demo', '--port', '0'], {
  env: { ...process.env, TENFOLD_DATA_DIR: dataDir },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const ended = new Promise<number | null>(resolve => demo.once('close', resolve))
try {
  const link = await signInLink()
  await takePictures(link)
} finally {
  demo.kill('SIGINT')
  await ended
  rmSync(dataDir, { recursive: true, force: true })
}

/** The demonstration prints it when everything is read. */
function signInLink(): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    demo.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const found = /https?:\/\/\S+#\S+/.exec(said)?.[0]
      if (found) resolve(found)
    })
    void ended.then(code => reject(new Error(`The demonstration ended with code ${code}:\n${said}`)))
  })
}

async function takePictures(link: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const browser = await launchBrowser()
  try {
    const context = await browser.newContext({ viewport: size, reducedMotion: 'reduce', locale: 'en-GB' })
    const page = await context.newPage()
    await page.goto(link)
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
    for (const { name, path, scheme } of pictures) {
      await page.emulateMedia({ colorScheme: scheme })
      await page.goto(new URL(path, link).href)
      await page.getByRole('heading', { level: 1 }).waitFor()
      // Charts and lists are there when nothing is asked for any more.
      await page.waitForLoadState('networkidle').catch(() => undefined)
      await page.waitForTimeout(1_000)
      await page.screenshot({ path: join(folder, `${name}.png`) })
      console.log(`docs/images/${name}.png`)
    }
  } finally {
    await browser.close()
  }
}
