import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSystemPostgres } from './support/system-postgres.ts'

// `npm test`: every suite but the long one, each against its budget. The last line is the sum.

interface Suite {
  readonly name: string
  readonly project: 'unit' | 'db' | 'browser' | 'long'
  /** Seconds on two cores; a suite that needs more is told so, and is to be mended, not waited for. */
  readonly budgetSeconds: number
  /** Only these folders; everything in the project when left out. */
  readonly folders?: readonly string[]
  /** On the system's PostgreSQL instead of the bundled one; left out, and said so, where there is none. */
  readonly onSystemPostgres?: boolean
  readonly isLong?: boolean
}

const suites: readonly Suite[] = [
  { name: 'unit', project: 'unit', budgetSeconds: 240 },
  { name: 'db', project: 'db', budgetSeconds: 600 },
  {
    name: 'db-system',
    project: 'db',
    budgetSeconds: 240,
    folders: ['src/store/merge', 'src/store/ledger', 'src/store/queries', 'src/sync/mirror', 'test/schema'],
    onSystemPostgres: true,
  },
  { name: 'browser', project: 'browser', budgetSeconds: 300 },
  { name: 'long', project: 'long', budgetSeconds: 7200, isLong: true },
]

interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

interface Result extends Counts {
  readonly suite: Suite
  readonly seconds: number
  /** Why it did not run. */
  readonly leftOut?: string
}

const root = join(import.meta.dirname, '..')
const wanted = process.argv.slice(2)
const results: Result[] = []
for (const suite of suites) {
  const isWanted =
    wanted.length === 0 ? !suite.isLong : wanted.some(name => suite.name === name || suite.project === name)
  if (isWanted) results.push(await runSuite(suite))
}
if (results.length === 0) {
  console.error(`No suite is called ${wanted.join(', ')}. There are: ${suites.map(suite => suite.name).join(', ')}.`)
  process.exit(2)
}
report()

async function runSuite(suite: Suite): Promise<Result> {
  const from = performance.now()
  const seconds = () => Math.round((performance.now() - from) / 1000)
  const system = suite.onSystemPostgres ? await startSystemPostgres() : undefined
  if (suite.onSystemPostgres && !system) {
    return { suite, passed: 0, failed: 0, skipped: 0, seconds: 0, leftOut: 'no system PostgreSQL on this machine' }
  }
  console.log(`\n== ${suite.name} ==`)
  try {
    const counts = await runVitest(suite, system ? { TENFOLD_TEST_DATABASE_URL: system.connectionString } : {})
    return { suite, ...counts, seconds: seconds() }
  } finally {
    await system?.stop()
  }
}

async function runVitest(suite: Suite, environment: Record<string, string>): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'tenfold-results-'))
  const outputFile = join(folder, 'results.json')
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${outputFile}`]
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--root', root, '--project', suite.project, ...reporters, ...(suite.folders ?? [])],
    { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } },
  )
  const exitCode = await new Promise<number>(resolve => child.on('close', code => resolve(code ?? 1)))
  try {
    const json = JSON.parse(await readFile(outputFile, 'utf8')) as VitestResults
    const failedFiles = json.testResults.filter(file => file.status === 'failed' && file.assertionResults.length === 0)
    const failed = json.numFailedTests + failedFiles.length
    return {
      passed: json.numPassedTests,
      // An error outside any test must not pass for success.
      failed: exitCode !== 0 && failed === 0 ? 1 : failed,
      skipped: json.numPendingTests + json.numTodoTests,
    }
  } catch {
    console.error(`${suite.name}: the test runner ended with code ${exitCode} and no results.`)
    return { passed: 0, failed: 1, skipped: 0 }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface VitestResults {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

function report(): void {
  console.log('\nsuite        passed  failed  skipped  seconds  budget')
  for (const { suite, passed, failed, skipped, seconds, leftOut } of results) {
    const cells = [passed, failed, skipped, seconds, suite.budgetSeconds].map(value => String(value).padStart(7))
    const remark = leftOut ? `  left out: ${leftOut}` : seconds > suite.budgetSeconds ? '  over budget' : ''
    console.log(`${suite.name.padEnd(11)}${cells.join(' ')}${remark}`)
  }
  const sum = (key: keyof Counts) => results.reduce((total, result) => total + result[key], 0)
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`)
  process.exitCode = sum('failed') > 0 || sum('passed') === 0 ? 1 : 0
}
