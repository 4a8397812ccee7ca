import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

export interface Finished {
  readonly stdout: string
  readonly seconds: number
  /** Resident memory of the process and its children together, sampled every 100 ms, at its highest. */
  readonly peakRssMb: number
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
  let peak = 0
  const sampler = setInterval(() => {
    peak = Math.max(peak, treeRssBytes(child.pid ?? 0))
  }, 100)
  let stdout = ''
  child.stdout?.on('data', data => {
    stdout += data
  })
  const from = performance.now()
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  clearInterval(sampler)
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stdout}`)
  return { stdout, seconds: (performance.now() - from) / 1000, peakRssMb: peak / 1e6 }
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

/** Of a process and all below it, from /proc. */
function treeRssBytes(root: number): number {
  const parents = new Map<number, number>()
  const sizes = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      parents.set(Number(name), Number(fields[1]))
      sizes.set(Number(name), Number(fields[21]) * 4096)
    } catch {
      // It ended between the listing and the reading.
      parents.delete(Number(name))
    }
  }
  let sum = 0
  for (const [pid, size] of sizes) if (isBelow(pid, root, parents)) sum += size
  return sum
}

function isBelow(pid: number, root: number, parents: ReadonlyMap<number, number>): boolean {
  for (let current: number | undefined = pid; current; current = parents.get(current)) if (current === root) return true
  return false
}
