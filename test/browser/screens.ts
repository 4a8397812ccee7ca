import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'
import { ensureWebBuilt } from '../../scripts/build-web.ts'
import type { AccountSettings } from '../../src/api/account-settings.ts'
import { csrfTokenOf } from '../../src/api/cookies.ts'
import { createApi } from '../../src/api/server.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { silentLog } from '../../src/platform/log.ts'
import type { Database } from '../../src/store/database.ts'
import { openSealing } from '../../src/store/sealing.ts'
import { createEngine } from '../../src/sync/engine.ts'
import { addPerson, sessionOf } from '../support/accounts.ts'
import { createTestDatabase } from '../support/database.ts'
import { testImporter } from '../support/importer.ts'
import { testMaintenance } from '../support/maintenance.ts'
import { quickLimits } from '../support/mirror.ts'
import { launchBrowser } from './browser.ts'

export type Scheme = 'light' | 'dark'

export interface PageOptions {
  readonly scheme?: Scheme
  readonly width?: number
  /** Who looks: an administrator of everything unless said otherwise. Null: a stranger. */
  readonly userId?: number | null
}

/** The built app on the real server over a database of its own, and a browser to look at it. */
export interface Screens {
  readonly url: string
  readonly database: Database
  /** A page of a fresh visitor; what it logs as an error fails `close`. */
  open(path: string, options?: PageOptions): Promise<Page>
  /** One number of the database. */
  count(statement: string, values?: unknown[]): Promise<number>
  close(): Promise<void>
}

export interface ScreensOptions {
  /** Takes up the runs that the page starts. Off where runs are only rows. */
  readonly withEngine?: boolean
  readonly accounts?: AccountSettings
}

const phone = 360
const desk = 1280

export const widths = { desk, phone } as const

/** For what a page shows soon: the machine may be busy. */
export const patience = { timeout: 20_000 } as const

export async function openScreens({ withEngine = false, accounts }: ScreensOptions = {}): Promise<Screens> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tenfold-screens-'))
  const db = await createTestDatabase()
  const { database } = db
  const sealing = await openSealing({ database, dataDir, encryptionKey: undefined })
  const engine = createEngine({
    database,
    sealing,
    clock: systemClock,
    log: silentLog,
    limits: quickLimits,
    workers: 1,
    logLevel: 'silent',
  })
  if (withEngine) await engine.start()
  const root = await ensureWebBuilt({ cacheDir: join(tmpdir(), 'tenfold-web') })
  const importer = testImporter(database)
  const api = await createApi({
    database,
    engine,
    sealing,
    log: silentLog,
    clock: systemClock,
    version: '0.0.0',
    maintenance: testMaintenance(database),
    importer,
    web: { root },
    // Every page that is open asks so often whether anything happened.
    pollMs: withEngine ? 100 : 500,
    ...(accounts ? { accounts } : {}),
  })
  const { url } = await api.start({ host: '127.0.0.1', port: 0 })
  const browser: Browser = await launchBrowser()
  const faults: string[] = []
  return {
    url,
    database,
    async open(path, { scheme = 'light', width = desk, userId } = {}) {
      const context = await browser.newContext({
        baseURL: url,
        colorScheme: scheme,
        reducedMotion: 'reduce',
        viewport: { width, height: width === phone ? 740 : 800 },
        timezoneId: 'Europe/Amsterdam',
      })
      const visitor = userId === undefined ? await addPerson(database, 'admin') : userId
      if (visitor !== null) {
        const session = await sessionOf(database, visitor)
        const { port } = new URL(url)
        await context.addCookies([
          { name: `tenfold_session_${port}`, value: session.reveal(), url, httpOnly: true, sameSite: 'Lax' },
          { name: `tenfold_csrf_${port}`, value: csrfTokenOf(session), url, sameSite: 'Lax' },
        ])
      }
      const page = await context.newPage()
      page.on('pageerror', error => faults.push(error.message))
      // A refused style or script of our own policy is told here and nowhere else.
      page.on('console', message => {
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
          faults.push(message.text())
      })
      await page.goto(path)
      return page
    },
    async count(statement, values = []) {
      const { rows } = await database.query<{ n: string }>(`select (${statement})::text as n`, values)
      return Number(rows[0]?.n)
    },
    async close() {
      await browser.close()
      await api.stop()
      await importer.stop()
      await engine.stop()
      await db.drop()
      await rm(dataDir, { recursive: true, force: true })
      expect(faults).toEqual([])
    },
  }
}

/** All that axe knows; what colours decide, the rest of a page being the same in the other theme; or all but that. */
export type BarrierRules = 'all' | 'colours' | 'structure'

const colourRules = ['color-contrast', 'link-in-text-block']

type AxeOptions = Parameters<AxeBuilder['options']>[0]

// Of WCAG 2.2, which axe leaves out unless it is asked.
const targetSize = { 'target-size': { enabled: true } }

const chosenRules: Readonly<Record<BarrierRules, AxeOptions>> = {
  all: { rules: targetSize },
  colours: { runOnly: { type: 'rule', values: colourRules } },
  structure: { rules: { ...targetSize, ...Object.fromEntries(colourRules.map(rule => [rule, { enabled: false }])) } },
}

// Most of axe's time goes into the ground under each text: of texts that look alike on the same ground it is asked of two.
const ofAxe = createRequire(createRequire(import.meta.url).resolve('@axe-core/playwright'))
const axeSource = `${(ofAxe('axe-core') as { source: string }).source}
axe.configure({ rules: [{ id: 'color-contrast', selector: '[data-looked-at]' }] })`

/** What a page may not have: barriers that axe calls serious or critical. */
export async function expectNoBarriers(page: Page, rules: BarrierRules = 'all'): Promise<void> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource)
  await page.evaluate(markLooks)
  // Without frames there is nothing to be put together in a page of its own.
  const axe = new AxeBuilder({ page, axeSource: '0' }).setLegacyMode()
  const { violations } = await axe.options({ resultTypes: ['violations'], ...chosenRules[rules] }).analyze()
  const grave = violations
    .filter(violation => violation.impact === 'serious' || violation.impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(node => `${id} at ${node.target.join(' ')}: ${node.failureSummary ?? ''}`))
  expect(grave, grave.join('\n')).toEqual([])
}

/** Runs in the page: marks every field, and two texts of each look: their own colour and form, and all that lies under them. */
function markLooks(): void {
  const grounds = new Map<Element, string>()
  const groundOf = (element: Element | null): string => {
    if (element === null) return ''
    const known = grounds.get(element)
    if (known !== undefined) return known
    const { backgroundColor, backgroundImage, opacity, filter, position, zIndex } = getComputedStyle(element)
    const own = [backgroundColor, backgroundImage, opacity, filter, position, zIndex].join(' ')
    const isPlain = own === 'rgba(0, 0, 0, 0) none 1 none static auto'
    const ground = groundOf(element.parentElement) + (isPlain ? '' : `/${own}`)
    grounds.set(element, ground)
    return ground
  }
  for (const element of document.querySelectorAll('[data-looked-at]')) element.removeAttribute('data-looked-at')
  const hasText = (node: Node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== ''
  const counts = new Map<string, number>()
  for (const element of document.body.querySelectorAll('*:not(script, style)')) {
    const isField = element.matches('input, textarea, select')
    if (!(isField || [...element.childNodes].some(hasText)) || !element.checkVisibility()) continue
    const { color, fontSize, fontWeight, textShadow, textDecorationLine } = getComputedStyle(element)
    const isLink = element.closest('a') !== null
    const look = [isLink, color, fontSize, fontWeight, textShadow, textDecorationLine, groundOf(element)].join(' ')
    const count = counts.get(look) ?? 0
    counts.set(look, count + 1)
    if (isField || count < 2) element.setAttribute('data-looked-at', '')
  }
}

/** The page that is open changes its theme, as it does when the system does. */
export async function changeTheme(page: Page, scheme: Scheme): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme })
  await page.locator(`html[data-mantine-color-scheme="${scheme}"]`).waitFor({ state: 'attached' })
}

/**
 * Looks at view after view, as people do: at a desk in one theme and then in the other, and on a phone. None may have a
 * barrier or be wider than its window.
 */
export class Looker {
  readonly #pages = new Map<number, Page>()

  async expectFit(screens: Screens, path: string, ready: (page: Page) => Promise<void>): Promise<void> {
    for (const width of Object.values(widths)) {
      const known = this.#pages.get(width)
      const page = known ?? (await screens.open(path, { width }))
      this.#pages.set(width, page)
      if (known) await page.goto(path)
      await ready(page)
      await expectNoBarriers(page)
      await expectNoSidewaysScroll(page)
      await changeTheme(page, 'dark')
      await expectNoBarriers(page, 'colours')
      await changeTheme(page, 'light')
    }
  }
}

export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(beyond).toBe(0)
}

/** As the pages write numbers. */
export function grouped(value: number): string {
  return value.toLocaleString('en')
}
