import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

// `npm run check`: types, lint, format, architecture, generated files.

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
  },
  { name: 'schema.sql', command: process.execPath, args: [join(root, 'scripts', 'schema.ts'), '--check'] },
  { name: 'READMEs', command: process.execPath, args: [join(root, 'scripts', 'readme.ts'), '--check'] },
] as const

let isGood = true
for (const { name, command, args } of checks) {
  const from = performance.now()
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  const isPassed = status === 0
  console.log(`${isPassed ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - from) / 1000).toFixed(1)} s)`)
  if (!isPassed) console.log(`${error?.message ?? ''}${stdout}${stderr}`)
  isGood &&= isPassed
}
process.exitCode = isGood ? 0 : 1
