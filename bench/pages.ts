import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { runDemo } from '../scripts/run-demo.ts'
import { launchBrowser } from '../test/browser/browser.ts'
import { median, row } from './figures.ts'

// `npm run bench:pages [findings]`: how soon each page can be used, by the entries that the browser itself keeps: a browser
// without a cache, signed in, on the demonstration as it is served. `TENFOLD_BENCH_LINK` names the sign-in link of a server
// that runs already.

const paths = [
  '/',
  '/vulnerabilities/tenable',
  '/vulnerabilities/tenable?by=plugin',
  '/assets/tenable',
  '/devices',
  '/scans/tenable',
  '/compliance/tenable',
  '/networks',
  '/admin/tenable/sync',
  '/settings/integrations/tenable',
] as const

const size = Number(process.argv[2] ?? 200_000)
const rounds = 3
const screen = { viewport: { width: 1350, height: 940 }, locale: 'en-GB' } as const satisfies BrowserContextOptions

interface Figures {
  /** From the click until the heading is there and nothing stands in for what will come. */
  readonly usableMs: number
  readonly lcpMs: number
  readonly cls: number
  /** What tasks of the page took of the processor beyond 50 ms each: what others keep it waiting for is not in it. */
  readonly blockedMs: number
  /** Of the processor, all tasks of the page. */
  readonly cpuMs: number
  /** Packed, as they came, before the page could be used. */
  readonly scriptKb: number
}

const given = process.env.TENFOLD_BENCH_LINK
const demo =
  given === undefined ? await runDemo(['--assets', `${Math.ceil(size / 50)}`, '--findings', `${size}`]) : null
const browser = await launchBrowser()
try {
  const report = await measureAll(browser, given ?? demo!.link)
  writeFileSync(join(import.meta.dirname, 'pages.md'), report)
  console.log(report)
} finally {
  await browser.close()
  await demo?.stop()
}

async function measureAll(browser: Browser, link: string): Promise<string> {
  const state = await signIn(browser, link)
  const lines: string[] = []
  for (const path of paths) {
    const taken: Figures[] = []
    // The first round fills the caches of the server, as the first reader of the day does.
    for (let round = 0; round <= rounds; round++) {
      const figures = await measure(browser, new URL(path, link).href, state)
      if (round > 0) taken.push(figures)
    }
    const of = (figure: keyof Figures) => median(taken.map(one => one[figure]))
    lines.push(
      row([
        `\`${path}\``,
        `${of('usableMs').toFixed(0)} ms`,
        `${of('lcpMs').toFixed(0)} ms`,
        of('cls').toFixed(3),
        `${of('cpuMs').toFixed(0)} ms`,
        `${of('blockedMs').toFixed(0)} ms`,
        `${of('scriptKb').toFixed(0)} kB`,
      ]),
    )
  }
  return `| page | usable | largest paint | layout shift | CPU | CPU of long tasks beyond 50 ms each | script, packed |
| --- | --- | --- | --- | --- | --- | --- |
${lines.join('\n')}

Median of ${rounds}${given === undefined ? `, of ${size.toLocaleString('en')} findings` : ''}; the load of the machine was ${loadavg()[0]!.toFixed(1)}.
`
}

async function signIn(browser: Browser, link: string) {
  const context = await browser.newContext(screen)
  const page = await context.newPage()
  await page.goto(link)
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  const state = await context.storageState()
  await context.close()
  return state
}

async function measure(
  browser: Browser,
  address: string,
  storageState: NonNullable<BrowserContextOptions['storageState']>,
): Promise<Figures> {
  const context = await browser.newContext({ ...screen, storageState })
  try {
    const page = await context.newPage()
    await page.addInitScript(watch)
    const tasks = await traceTasks(browser)
    await page.goto(address)
    await page.waitForFunction(() => (globalThis as Watched).tenfoldUsableAt !== undefined)
    // What still moves after that counts too.
    await page.waitForTimeout(500)
    const taskMs = await tasks.end()
    const blockedMs = taskMs.reduce((sum, ms) => sum + Math.max(0, ms - 50), 0)
    return { ...(await figuresOf(page)), blockedMs, cpuMs: taskMs.reduce((sum, ms) => sum + ms, 0) }
  } finally {
    await context.close()
  }
}

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly tdur?: number
  readonly args: { readonly name?: string }
}

/** @returns what each task of the page's main thread took of the processor, in ms, once it ends */
async function traceTasks(browser: Browser): Promise<{ end(): Promise<readonly number[]> }> {
  const session = await browser.newBrowserCDPSession()
  const events: TraceEvent[] = []
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])))
  await session.send('Tracing.start', {
    traceConfig: { includedCategories: ['toplevel'] },
    transferMode: 'ReportEvents',
  })
  return {
    async end() {
      const done = new Promise(resolve => session.once('Tracing.tracingComplete', resolve))
      await session.send('Tracing.end')
      await done
      await session.detach()
      const threads = events.filter(event => event.name === 'thread_name' && event.args.name === 'CrRendererMain')
      const perThread = threads.map(thread =>
        events
          .filter(({ pid, tid, ph, name }) => pid === thread.pid && tid === thread.tid && ph === 'X' && isTask(name))
          .map(({ tdur = 0 }) => tdur / 1000),
      )
      // The browser keeps a spare one, which does next to nothing.
      const sum = (tasks: readonly number[]) => tasks.reduce((total, ms) => total + ms, 0)
      return perThread.toSorted((one, other) => sum(other) - sum(one))[0] ?? []
    },
  }
}

function isTask(name: string): boolean {
  return name === 'ThreadControllerImpl::RunTask'
}

interface Watched {
  tenfoldUsableAt?: number
  tenfoldPaints?: { lcp: number; cls: number }
}

/** In the page, before anything of it runs. */
function watch(): void {
  const seen = globalThis as Watched
  const paints = { lcp: 0, cls: 0 }
  seen.tenfoldPaints = paints
  const observe = (type: string, take: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver(list => list.getEntries().forEach(take)).observe({ type, buffered: true })
  observe('largest-contentful-paint', entry => {
    paints.lcp = entry.startTime
  })
  observe('layout-shift', entry => {
    const shift = entry as PerformanceEntry & { value: number; hadRecentInput: boolean }
    if (!shift.hadRecentInput) paints.cls += shift.value
  })
  const look = () => {
    const isThere =
      document.querySelector('main h1') !== null && document.querySelector('main .mantine-Skeleton-root') === null
    if (isThere) seen.tenfoldUsableAt = performance.now()
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}

function figuresOf(page: Page): Promise<Omit<Figures, 'blockedMs' | 'cpuMs'>> {
  return page.evaluate(() => {
    const { tenfoldUsableAt: usableMs = 0, tenfoldPaints } = globalThis as Watched
    const { lcp, cls } = tenfoldPaints!
    const scripts = (performance.getEntriesByType('resource') as PerformanceResourceTiming[]).filter(
      entry => new URL(entry.name).pathname.endsWith('.js') && entry.responseEnd <= usableMs,
    )
    return {
      usableMs,
      lcpMs: lcp,
      cls,
      scriptKb: scripts.reduce((sum, script) => sum + script.encodedBodySize, 0) / 1000,
    }
  })
}
