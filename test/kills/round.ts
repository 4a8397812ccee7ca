import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSimulator } from '../../src/simulator/index.ts'
import {
  copyDataDir,
  exportChecksum,
  type Killing,
  laterSteps,
  runCommand,
  type Step,
  startCommand,
  syncAndKill,
} from './killing.ts'

export interface Round {
  readonly killing: Killing
  readonly hit: Step | undefined
  readonly equal: boolean
  readonly detail: string
}

/** A stopped, migrated data folder that each round copies; making one takes longer than copying it. */
export async function makeTemplate(): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const folder = await makeFolder()
  const simulator = await startSimulator({ assets: 5, findings: 20 })
  const made = await runCommand(simulator, join(folder, 'data'), ['migrate'])
  await simulator.stop()
  if (made.code !== 0) throw new Error(`The template was not made: ${made.stderr}`)
  return { folder: join(folder, 'data'), remove: () => rm(folder, { recursive: true, force: true }) }
}

/**
 * One round: a sync killed at a step, then syncs until one ends by itself. Equal when the mirror then exports the truth,
 * nothing twice, nothing missing, and nothing waits to be ended that the tenant still has.
 */
export async function playRound(template: string, killing: Killing, seed: number): Promise<Round> {
  const folder = await makeFolder()
  const dataDir = join(folder, 'data')
  const simulator = await startSimulator({
    seed,
    assets: 120,
    findings: 3000,
    jobPace: { queuedPolls: 1, chunksPerPoll: 1 },
  })
  const command = (...args: string[]) => runCommand(simulator, dataDir, args)
  const sync = () => command('sync', '--full', '--wait', '--json')
  try {
    await copyDataDir(template, dataDir)
    const isLater = laterSteps.includes(killing.step)
    if (isLater) await sync()
    const removed = isLater ? simulator.control.edit('remove-finding', { count: 3 }).changed : []
    const hit = await syncAndKill(simulator, dataDir, killing)
    const done = await sync()
    for (const finding of removed) simulator.control.edit('restore-finding', finding)
    const last = isLater ? await sync() : done
    const exported = await command('export', 'findings', '--format', 'ndjson')
    const held = await command('sweep', 'list', '--json')
    const truth = simulator.control.truth().findings
    const mirror = exportChecksum(exported.stdout)
    const isSame = mirror.total === truth.total && mirror.checksum === truth.checksum
    const isNothingHeld = held.code === 0 && (JSON.parse(held.stdout) as { total: number }).total === 0
    const equal = done.code === 0 && last.code === 0 && isSame && isNothingHeld
    const detail = equal
      ? ''
      : `exit ${done.code} and ${last.code}, ${mirror.total} of ${truth.total} findings, held ${held.stdout}\n${done.stdout}\n${done.stderr.slice(-3000)}`
    return { killing, hit, equal, detail }
  } finally {
    await simulator.stop()
    await stopServer(dataDir)
    await rm(folder, { recursive: true, force: true })
  }
}

/** Run by root, the server is another user's: it must be able to pass. */
async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tenfold-kill-'))
  await chmod(folder, 0o711)
  return folder
}

/** The next command adopts a server that a killed process left, and stops it when it ends. */
async function stopServer(dataDir: string): Promise<void> {
  if (!existsSync(join(dataDir, 'postgres', 'postmaster.pid'))) return
  const simulator = await startSimulator({ assets: 5, findings: 20 })
  const child = startCommand(simulator, dataDir, ['migrate'])
  await new Promise(resolve => child.on('close', resolve))
  await simulator.stop()
}
