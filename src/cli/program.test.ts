import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { streamNames } from '../domain/batch.ts'
import { readVersion } from '../platform/version.ts'
import { runCommandLine } from './program.ts'

/** Runs a command line that touches neither database nor network. */
async function run(...argv: readonly string[]) {
  const streams = { stdout: new Kept(), stderr: new Kept() }
  const code = await runCommandLine(argv, streams)
  return { code, stdout: streams.stdout.text, stderr: streams.stderr.text }
}

class Kept extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8')
    done()
  }
}

const commands = [
  ...[
    'demo',
    'up',
    'sync',
    'status',
    'check',
    'assets',
    'findings',
    'compliance',
    'scans',
    'changes',
    'export',
    'feeds',
    'groups',
    'source',
    'schedule',
    'sweep',
    'migrate',
    'audit',
    'verify',
    'backup',
    'restore',
    'reconcile',
    'rotate-key',
    'simulator',
  ],
]

test('--help names every command and the exit codes', async () => {
  const { code, stdout, stderr } = await run('--help')
  expect(code).toBe(0)
  expect(stderr).toBe('')
  for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'))
  expect(stdout).toContain('Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 partial.')
})

for (const command of commands) {
  test(`${command} --help says what it does and what it takes`, async () => {
    const { code, stdout, stderr } = await run(command, '--help')
    expect(code).toBe(0)
    expect(stderr).toBe('')
    expect(stdout).toMatch(new RegExp(`^Usage: tenfold ${command} `))
    expect(stdout).toMatch(/\n\n[A-Z][\s\S]+?\.\n/)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(120)
  })
}

test('--version prints the version', async () => {
  expect(await run('--version')).toEqual({ code: 0, stdout: `${readVersion()}\n`, stderr: '' })
})

const wrong = [
  { argv: ['snyc'], says: "unknown command 'snyc'\n(Did you mean sync?)" },
  { argv: ['sync', '--ful'], says: "unknown option '--ful'\n(Did you mean --full?)" },
  { argv: ['sync', '--streams', 'widgets'], says: `It must be of ${streamNames.join(', ')}.` },
  { argv: ['sync', '--cancel', '--full'], says: "option '--cancel' cannot be used with option '--full'" },
  { argv: ['sync', 'everything'], says: 'too many arguments' },
  { argv: ['findings', '--limit', '0'], says: 'It must be a whole number from 1 to 1000000.' },
  { argv: ['export', 'findings', '--format', 'xlsx'], says: 'Allowed choices are csv, json, ndjson, parquet.' },
  { argv: ['export', 'plugins'], says: "unknown command 'plugins'" },
  { argv: ['source', 'add'], says: "required option '--name <text>' not specified" },
  { argv: ['source', 'remove'], says: "missing required argument 'name|id'" },
  { argv: ['schedule', 'set', 'changes', '--every', '2 hours'], says: 'It must be a time such as 4h' },
  { argv: ['schedule', 'set', 'changes', '--blackout', 'monday 8-18'], says: 'It must be as "mon-fri 08:00-18:00"' },
  { argv: ['sweep', 'confirm'], says: "missing required argument 'run'" },
  { argv: ['backup'], says: "missing required argument 'file'" },
  { argv: ['restore'], says: "missing required argument 'file'" },
  { argv: ['up', '--port', '70000'], says: 'from 0 to 65535' },
  { argv: ['simulator', '--role', '7'], says: 'It must be one of 0, 16, 24, 32, 40, 64.' },
  { argv: ['simulator', '--start-at', 'yesterday'], says: 'It must be an instant' },
]
for (const { argv, says } of wrong) {
  test(`tenfold ${argv.join(' ')} ends with 2, a reason and a hint`, async () => {
    const { code, stdout, stderr } = await run(...argv)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^tenfold: /)
    expect(stderr).toContain(says)
    expect(stderr).toContain('tenfold --help')
  })

  test(`tenfold ${argv.join(' ')} --json says the same in one object`, async () => {
    const { code, stdout, stderr } = await run(...argv, '--json')
    expect(code).toBe(2)
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({ error: { code: 'bad_usage', message: expect.any(String) } })
  })
}

test('without a command it shows the help and ends with 2', async () => {
  const { code, stdout, stderr } = await run()
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toMatch(/^Usage: tenfold/)
})
