import { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { runCommandLine } from '../../src/cli/program.ts'
import { type Ended, type Environment, oneObject, surroundings } from './command-line.ts'

// The command line without a process of its own, which is a second of computing for each: for tests of what a command does
// and says. What only a process can show, such as signals, pipes, its log and its end, is tested with one.

let last: Promise<unknown> = Promise.resolve()

/**
 * Runs a command to its end, one at a time: they share this process's environment. Fails when the command leaves anything
 * running, as its process then would not end.
 */
export function tenfoldHere(args: readonly string[], environment: Environment = {}): Promise<Ended> {
  const ended = last.then(() => runHere(args, environment))
  last = ended.catch(() => undefined)
  return ended
}

async function runHere(args: readonly string[], environment: Environment): Promise<Ended> {
  const before = process.env
  const running = runningNow()
  const stdout = new Heard()
  const stderr = new Heard()
  process.env = { ...surroundings(), ...environment }
  try {
    const code = await runCommandLine(args, { stdout, stderr })
    await expectNothingLeft(running, args)
    return {
      code,
      signal: null,
      stdout: stdout.text,
      stderr: stderr.text,
      json<T>() {
        return oneObject(stdout.text, stderr.text) as T
      },
    }
  } finally {
    process.env = before
  }
}

class Heard extends Writable {
  text = ''

  constructor() {
    super({ decodeStrings: false })
  }

  override _write(piece: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += piece.toString()
    done()
  }
}

type Running = ReadonlyMap<string, number>

/** What would keep a process from ending, by its kind. */
function runningNow(): Running {
  const running = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) running.set(kind, (running.get(kind) ?? 0) + 1)
  return running
}

const patienceMs = 10_000

async function expectNothingLeft(before: Running, args: readonly string[]): Promise<void> {
  for (const until = performance.now() + patienceMs; ; await delay(5)) {
    const left = [...runningNow()].filter(([kind, count]) => count > (before.get(kind) ?? 0)).map(([kind]) => kind)
    if (left.length === 0) return
    if (performance.now() > until) throw new Error(`"${args.join(' ')}" left running: ${left.join(', ')}`)
  }
}
