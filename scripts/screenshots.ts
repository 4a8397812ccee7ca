import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { launchBrowser } from '../test/browser/browser.ts'
import { runDemo } from './run-demo.ts'

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

const demo = await runDemo()
try {
  await takePictures(demo.link)
} finally {
  await demo.stop()
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
