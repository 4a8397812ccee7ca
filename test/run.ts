import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { startSystemPostgres } from './support/system-postgres.ts'

// `npm test`: every suite but the long one, each against its budget. Those on the database wait for a third of their time:
// the other suites run beside them. The last line is the sum.

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

interface Failure {
  readonly file: string
  readonly text: string
  /** It passed when its file was run once more. */
  readonly isUnsteady?: boolean
}

interface Ran extends Counts {
  /** Named again at the end: the end of a log is what people see first. */
  readonly failures: readonly Failure[]
}

interface Result extends Ran {
  readonly suite: Suite
  readonly seconds: number
  /** Why it did not run. */
  readonly leftOut?: string
}

const root = join(import.meta.dirname, '..')
const wanted = process.argv.slice(2)
const chosen = suites.filter(suite =>
  wanted.length === 0 ? !suite.isLong : wanted.some(name => suite.name === name || suite.project === name),
)
if (chosen.length === 0) {
  console.error(`No suite is called ${wanted.join(', ')}. There are: ${suites.map(suite => suite.name).join(', ')}.`)
  process.exit(2)
}
// The browser's tests go one after the other and cannot fill two cores: they begin at once, so that none is left alone.
const isOfDatabase = (suite: Suite) => suite.project === 'db'
const lanes = [chosen.filter(isOfDatabase), chosen.filter(suite => !isOfDatabase(suite)).sort(browserFirst)]
const ran = (await Promise.all(lanes.map(runLane))).flat()
const results: Result[] = []
// Alone, when everything else has ended.
for (const result of chosen.map(suite => ran.find(one => one.suite === suite)!)) results.push(await onceMore(result))
report()

function browserFirst(a: Suite, b: Suite): number {
  return Number(b.project === 'browser') - Number(a.project === 'browser')
}

async function runLane(lane: readonly Suite[]): Promise<Result[]> {
  const done: Result[] = []
  for (const suite of lane) done.push(await runSuite(suite))
  return done
}

async function runSuite(suite: Suite, files: readonly string[] = suite.folders ?? []): Promise<Result> {
  const from = performance.now()
  const seconds = () => Math.round((performance.now() - from) / 1000)
  const system = suite.onSystemPostgres ? await startSystemPostgres() : undefined
  if (suite.onSystemPostgres && !system) {
    return {
      suite,
      passed: 0,
      failed: 0,
      skipped: 0,
      failures: [],
      seconds: 0,
      leftOut: 'no system PostgreSQL on this machine',
    }
  }
  console.log(`\n== ${suite.name}${files === suite.folders || files.length === 0 ? '' : `: ${files.join(', ')}`} ==`)
  try {
    const environment = system ? { TENFOLD_TEST_DATABASE_URL: system.connectionString } : {}
    return { suite, ...(await runVitest(suite, environment, files)), seconds: seconds() }
  } finally {
    await system?.stop()
  }
}

/**
 * A few tests that failed on a busy machine are run again, alone: what passes then is named as unsteady, to be mended, and is
 * no reason to hold everything else back. What a property test found is never asked twice: it would draw other cases.
 */
async function onceMore(result: Result): Promise<Result> {
  const { suite, failures } = result
  const files = [...new Set(failures.map(failure => failure.file))]
  const isWorthAsking =
    files.length > 0 && files.length <= 3 && failures.every(({ text }) => !text.includes('Property failed'))
  if (!isWorthAsking) return result
  const again = await runSuite(suite, files)
  if (again.passed === 0 || (again.failed > 0 && again.failures.length === 0)) return result
  const isUnsteady = ({ file }: Failure) => !again.failures.some(failure => failure.file === file)
  const mended = failures.filter(isUnsteady).length
  return {
    ...result,
    passed: result.passed + mended,
    failed: result.failed - mended,
    failures: failures.map(failure => (isUnsteady(failure) ? { ...failure, isUnsteady: true } : failure)),
  }
}

async function runVitest(suite: Suite, environment: Record<string, string>, filters: readonly string[]): Promise<Ran> {
  const folder = await mkdtemp(join(tmpdir(), 'tenfold-results-'))
  const outputFile = join(folder, 'results.json')
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${outputFile}`]
  const isAlone = chosen.length === 1
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--root', root, '--project', suite.project, ...reporters, ...filters],
    { cwd: root, stdio: isAlone ? 'inherit' : ['inherit', 'pipe', 'pipe'], env: { ...process.env, ...environment } },
  )
  for (const output of [child.stdout, child.stderr]) if (output) tell(suite.name, output)
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
      failures: json.testResults.flatMap(failuresOf),
    }
  } catch {
    console.error(`${suite.name}: the test runner ended with code ${exitCode} and no results.`)
    return { passed: 0, failed: 1, skipped: 0, failures: [] }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Each line with the name of its suite: several talk at once. */
function tell(name: string, output: Readable): void {
  createInterface({ input: output }).on('line', line => console.log(line === '' ? '' : `${name.padEnd(9)} | ${line}`))
}

interface VitestResults {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly VitestFile[]
}

interface VitestFile {
  readonly name: string
  readonly status: string
  readonly message?: string
  readonly assertionResults: readonly {
    readonly status: string
    readonly fullName: string
    readonly failureMessages?: readonly string[]
  }[]
}

function failuresOf(file: VitestFile): Failure[] {
  const name = relative(root, file.name)
  const short = (text: string | undefined) => (text ?? '').split('\n').slice(0, 8).join('\n    ').slice(0, 1_000)
  if (file.status === 'failed' && file.assertionResults.length === 0) return [{ file: name, text: short(file.message) }]
  return file.assertionResults
    .filter(test => test.status === 'failed')
    .map(test => ({ file: name, text: `${test.fullName}\n    ${short(test.failureMessages?.[0])}` }))
}

function report(): void {
  console.log('\nsuite        passed  failed  skipped  seconds  budget')
  for (const { suite, passed, failed, skipped, seconds, leftOut } of results) {
    const cells = [passed, failed, skipped, seconds, suite.budgetSeconds].map(value => String(value).padStart(7))
    const remark = leftOut ? `  left out: ${leftOut}` : seconds > suite.budgetSeconds ? '  over budget' : ''
    console.log(`${suite.name.padEnd(11)}${cells.join(' ')}${remark}`)
  }
  for (const { file, text, isUnsteady } of results.flatMap(result => result.failures)) {
    console.log(`\n${isUnsteady ? 'unsteady' : 'failed'}: ${file}: ${text}`)
  }
  const sum = (key: keyof Counts) => results.reduce((total, result) => total + result[key], 0)
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`)
  process.exitCode = sum('failed') > 0 || sum('passed') === 0 ? 1 : 0
}
