import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface Finished {
  readonly stdout: string
  readonly seconds: number
  /** Resident memory of the process and its children together, sampled every 100 ms, at its highest. */
  readonly peakRssMb: number
  /** The same in each half of its time: what grows shows in the second. */
  readonly halvesRssMb: readonly [number, number]
  /** What it was of, one sample after the other. */
  readonly samples: readonly MemorySample[]
  /** Processor time of the process and its children, as of the last sample. */
  readonly cpuSeconds: number
}

export interface MemorySample {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly rssMb: number
}

const nodeFlags = ['--disable-warning=ExperimentalWarning']

/** Runs a program to its end and watches its memory. */
export async function runWatched(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const child = spawn(process.execPath, [...nodeFlags, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const samples: MemorySample[] = []
  let cpuSeconds = 0
  const sampler = setInterval(() => {
    const { rssBytes, cpuSeconds: used } = treeUse(child.pid ?? 0)
    samples.push({ at: Date.now(), rssMb: rssBytes / 1e6 })
    cpuSeconds = Math.max(cpuSeconds, used)
  }, 100)
  let stdout = ''
  child.stdout?.on('data', data => {
    stdout += data
  })
  const from = performance.now()
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  clearInterval(sampler)
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stdout}`)
  const half = Math.floor(samples.length / 2)
  return {
    stdout,
    seconds: (performance.now() - from) / 1000,
    peakRssMb: highest(samples),
    halvesRssMb: [highest(samples.slice(0, half)), highest(samples.slice(half))],
    samples,
    cpuSeconds,
  }
}

export function highest(samples: readonly MemorySample[]): number {
  return samples.reduce((most, { rssMb }) => Math.max(most, rssMb), 0)
}

/** Starts a server that prints its address as its first line. */
export async function startServer(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly url: string; stop(): void }> {
  const child: ChildProcess = spawn(process.execPath, [...nodeFlags, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const url of createInterface({ input: child.stdout! })) return { url, stop: () => void child.kill() }
  throw new Error(`${args.join(' ')} printed no address`)
}

export interface Use {
  readonly rssBytes: number
  readonly cpuSeconds: number
}

const ticksPerSecond = 100

/** Of a process and all below it, from /proc; processor time also of those below that have ended. */
export function treeUse(root: number): Use {
  const parents = new Map<number, number>()
  const uses = new Map<number, Use>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      parents.set(Number(name), Number(fields[1]))
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
      uses.set(Number(name), { rssBytes: Number(fields[21]) * 4096, cpuSeconds: ticks / ticksPerSecond })
    } catch {
      // It ended between the listing and the reading.
      parents.delete(Number(name))
    }
  }
  let rssBytes = 0
  let cpuSeconds = 0
  for (const [pid, use] of uses) {
    if (!isBelow(pid, root, parents)) continue
    rssBytes += use.rssBytes
    cpuSeconds += use.cpuSeconds
  }
  return { rssBytes, cpuSeconds }
}

/** The first process of a PostgreSQL on this machine. */
export function postmasterOf(dataDir: string): number {
  return Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
}

function isBelow(pid: number, root: number, parents: ReadonlyMap<number, number>): boolean {
  for (let current: number | undefined = pid; current; current = parents.get(current)) if (current === root) return true
  return false
}
