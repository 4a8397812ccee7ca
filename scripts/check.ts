import { execFile } from 'node:child_process'
import { join } from 'node:path'

// `npm run check`: types, lint, format, architecture, generated files. All at once: some wait while others compute. With
// `--before-tests` what the tests look at too is left to them.

const root = join(import.meta.dirname, '..')
const tool = (name: string) => join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name)

const checks = [
  { name: 'types', command: tool('tsc'), args: ['-p', root] },
  { name: 'lint and format', command: tool('biome'), args: ['ci', '--error-on-warnings', root] },
  { name: 'floating promises', command: tool('oxlint'), args: ['--type-aware', '--deny-warnings', '--quiet', root] },
  {
    name: 'architecture',
    command: tool('vitest'),
    args: ['run', '--root', root, '--project', 'unit', '--reporter=dot', 'test/architecture.test.ts'],
    isTestToo: true,
  },
  {
    name: 'schema.sql',
    command: process.execPath,
    args: [join(root, 'scripts', 'schema.ts'), '--check'],
    isTestToo: true,
  },
  { name: 'READMEs', command: process.execPath, args: [join(root, 'scripts', 'readme.ts'), '--check'] },
] satisfies Check[]

interface Check {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly isTestToo?: boolean
}

const isBeforeTests = process.argv.includes('--before-tests')
const results = checks.filter(check => !(isBeforeTests && 'isTestToo' in check)).map(run)
let isGood = true
for (const result of results) {
  const { name, isPassed, seconds, output } = await result
  console.log(`${isPassed ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)`)
  if (!isPassed) console.log(output)
  isGood &&= isPassed
}
process.exitCode = isGood ? 0 : 1

interface Checked {
  readonly name: string
  readonly isPassed: boolean
  readonly seconds: number
  readonly output: string
}

function run({ name, command, args }: Check): Promise<Checked> {
  const from = performance.now()
  return new Promise(resolve => {
    execFile(command, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const seconds = (performance.now() - from) / 1000
      // A tool that could not be started says so nowhere else.
      const why = error && typeof error.code === 'string' ? error.message : ''
      resolve({ name, isPassed: error === null, seconds, output: `${why}${stdout}${stderr}` })
    })
  })
}
