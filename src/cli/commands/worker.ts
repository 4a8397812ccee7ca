import type { Command } from 'commander'
import { type Hub, openHub } from '../../hub.ts'
import type { Act, Context } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption } from '../options.ts'
import { aborted } from '../stop-signal.ts'
import { counted } from '../text.ts'

export function workerCommand(program: Command, act: Act): void {
  program
    .command('worker')
    .summary('a process that helps a server to read sources')
    .description(
      'Joins the database of a server, takes up syncs, and reads and merges parts of those that other processes hold, until ' +
        'it is stopped. It has no API and no page. Any number may run, on this machine or on others; when one dies, freezes ' +
        'or is cut off, the others go on with its work.',
    )
    .addOption(jsonOption())
    .addHelpText('after', helpEnd)
    .action(act(worker))
}

const helpEnd = `
On another machine it needs the database and the key that its credentials are sealed with:
  DATABASE_URL=postgres://… TENABLE_ENCRYPTION_KEY=… TENFOLD_WORKERS=4 tenfold worker

On the machine of "tenfold up" it joins the bundled database and finds the key in the data folder.`

async function worker({ output, signal }: Context, _options: JsonOption): Promise<ExitCode> {
  const hub = await openHub({ role: 'worker', onNotice: output.say, signal })
  try {
    await hub.announce()
    output.answer(readiness(hub), () => describe(hub))
    await aborted(signal)
    return exitCodes.done
  } finally {
    await hub.stop()
  }
}

function readiness(hub: Hub) {
  return {
    version: hub.version,
    database: hub.databaseKind,
    pid: process.pid,
    threads: hub.config.workers,
    max_runs: hub.config.maxRuns,
  }
}

function describe(hub: Hub): string {
  const { workers, maxRuns } = hub.config
  return [
    `Tenfold ${hub.version} works with ${counted(workers, 'thread')}, on at most ${counted(maxRuns, 'source')} at once`,
    `  database: ${hub.databaseKind === 'bundled' ? `PostgreSQL in ${hub.dataDir}` : 'the one that DATABASE_URL names'}`,
    '  Press Ctrl-C to stop it: what it reads passes on to others.',
  ].join('\n')
}
