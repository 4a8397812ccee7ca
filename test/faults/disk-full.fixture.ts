import { spawnSync } from 'node:child_process'
import { appendFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startSimulator } from '../../src/simulator/index.ts'
import { exportChecksum, runCommand, startCommand, steps } from '../kills/killing.ts'

// Runs where a small file system is mounted: the folder is its only argument. A sync meets a full disk; room is made;
// another sync. Says what happened, as JSON.

const [folder = ''] = process.argv.slice(2)
const dataDir = join(folder, 'data')
const ballast = join(folder, 'ballast')
const simulator = await startSimulator({ assets: 200, findings: 6000, outputBytes: 4000 })
const command = (...args: string[]) => runCommand(simulator, dataDir, args)
const freeMb = () => Number(spawnSync('df', ['--output=avail', '-m', folder]).stdout.toString().split('\n')[1])

/** Somebody else takes all that is left as soon as rows are written. */
async function syncWhileItFills(): Promise<{ readonly code: number; readonly said: string }> {
  const child = startCommand(simulator, dataDir, ['sync', '--full', '--wait', '--json'])
  let said = ''
  let filling: Promise<void> | undefined
  const hear = (data: Buffer) => {
    said += data.toString('utf8')
    if (said.includes(steps.merge)) filling ??= fill()
  }
  child.stdout?.on('data', hear)
  child.stderr?.on('data', hear)
  const code = await new Promise<number>(resolve => child.on('close', exit => resolve(exit ?? -1)))
  await filling
  return { code, said }
}

async function fill(): Promise<void> {
  const block = Buffer.alloc(256 * 1024)
  try {
    for (;;) await appendFile(ballast, block)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

try {
  const made = await command('migrate')
  if (made.code !== 0) throw new Error(`migrate: ${made.stderr}`)
  const full = await syncWhileItFills()
  const leftMb = freeMb()
  await rm(ballast)
  const again = await command('sync', '--full', '--wait', '--json')
  const exported = await command('export', 'findings', '--format', 'ndjson')
  const verified = await command('verify', '--json')
  const told = await command('status')
  const mirror = exportChecksum(exported.stdout)
  const truth = simulator.control.truth().findings
  process.stdout.write(
    `${JSON.stringify({
      full: { code: full.code, said: full.said.slice(-8000), leftMb },
      again: { code: again.code, said: `${again.stdout}${again.stderr.slice(-2000)}` },
      verified: { code: verified.code, said: verified.stdout.slice(-2000) },
      told: told.stdout,
      mirror,
      truth: { total: truth.total, checksum: truth.checksum },
    })}\n`,
  )
} finally {
  await simulator.stop()
}
