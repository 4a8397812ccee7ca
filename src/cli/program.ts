import { Command, CommanderError } from 'commander'
import { readVersion } from '../platform/version.ts'
import { archiveCommand } from './commands/archive.ts'
import { assetsCommand } from './commands/assets.ts'
import { auditCommand } from './commands/audit.ts'
import { backupCommand } from './commands/backup.ts'
import { changesCommand } from './commands/changes.ts'
import { checkCommand } from './commands/check.ts'
import { cleanupCommand } from './commands/cleanup.ts'
import { complianceCommand } from './commands/compliance.ts'
import { demoCommand } from './commands/demo.ts'
import { agentsCommand, networksCommand, tagsCommand } from './commands/directories.ts'
import { exportCommand } from './commands/export.ts'
import { feedsCommand } from './commands/feeds.ts'
import { findingsCommand } from './commands/findings.ts'
import { groupsCommand } from './commands/groups.ts'
import { importCommand } from './commands/import.ts'
import { migrateCommand } from './commands/migrate.ts'
import { reconcileCommand } from './commands/reconcile.ts'
import { restoreCommand } from './commands/restore.ts'
import { retentionCommand } from './commands/retention.ts'
import { rotateKeyCommand } from './commands/rotate-key.ts'
import { scansCommand } from './commands/scans.ts'
import { scheduleCommand } from './commands/schedule.ts'
import { simulatorCommand } from './commands/simulator.ts'
import { sourceCommand } from './commands/source.ts'
import { statusCommand } from './commands/status.ts'
import { sweepCommand } from './commands/sweep.ts'
import { syncCommand } from './commands/sync.ts'
import { upCommand } from './commands/up.ts'
import { userCommand } from './commands/user.ts'
import { verifyCommand } from './commands/verify.ts'
import { workerCommand } from './commands/worker.ts'
import type { Act, Context } from './context.ts'
import { type ExitCode, exitCodes, faultOf } from './exit.ts'
import { createOutput, type Output, type OutputStreams } from './output.ts'
import { listenForStop } from './stop-signal.ts'

const commands: readonly ((program: Command, act: Act) => void)[] = [
  demoCommand,
  upCommand,
  syncCommand,
  statusCommand,
  checkCommand,
  assetsCommand,
  findingsCommand,
  networksCommand,
  agentsCommand,
  tagsCommand,
  complianceCommand,
  scansCommand,
  changesCommand,
  exportCommand,
  feedsCommand,
  groupsCommand,
  sourceCommand,
  scheduleCommand,
  sweepCommand,
  migrateCommand,
  userCommand,
  auditCommand,
  verifyCommand,
  backupCommand,
  restoreCommand,
  importCommand,
  reconcileCommand,
  archiveCommand,
  retentionCommand,
  cleanupCommand,
  rotateKeyCommand,
  workerCommand,
  simulatorCommand,
]

/** Runs one command line to its end and answers the exit code; whatever was thrown has been told by then. */
export async function runCommandLine(argv: readonly string[], streams: OutputStreams = process): Promise<ExitCode> {
  const output = createOutput(asksForJson(argv), streams)
  const stop = listenForStop(output.say)
  const context: Context = { output, signal: AbortSignal.any([stop.signal, output.readerGone]) }
  let exitCode: ExitCode = exitCodes.done
  const act: Act =
    command =>
    async (...args) => {
      exitCode = await command(context, ...args)
    }
  try {
    await buildProgram(act, output, streams).parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (thrown) {
    return tell(thrown, output)
  } finally {
    stop.dispose()
  }
}

export function buildProgram(act: Act, output: Output, streams: OutputStreams): Command {
  const program = new Command('tenfold')
    .description('A complete, correct, queryable copy of your Tenable estate in your own PostgreSQL.')
    .version(readVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'show what a command does and its options')
    .helpCommand('help [command]', 'the same, as a command')
    .configureOutput({
      writeOut: text => streams.stdout.write(text),
      // With --json the error is the object on standard output, and nothing else.
      writeErr: text => (output.isJson ? undefined : streams.stderr.write(text)),
      outputError: (text, write) => write(text.replace(/^error: /, 'tenfold: ')),
    })
    .showHelpAfterError('Run "tenfold --help" for the commands, "tenfold <command> --help" for the options of one.')
    .exitOverride()
    .addHelpText('after', helpEnd)
  for (const add of commands) add(program, act)
  return program
}

const helpEnd = `
Every command works beside a running server: it joins its database and leaves nothing running.
Settings come from the environment; README.md lists them. Those that matter first:
  TENABLE_ACCESS_KEY, TENABLE_SECRET_KEY   keys of a Tenable user; they make a source
  DATABASE_URL                             a PostgreSQL to use instead of the bundled one
  TENFOLD_DATA_DIR                         where the bundled one keeps its data (./data)

Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 partial.`

function tell(thrown: unknown, output: Output): ExitCode {
  // Whoever reads us has enough, as "head" has after ten lines: that is no failure.
  if (output.readerGone.aborted) return exitCodes.done
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return exitCodes.done
  const fault = faultOf(thrown)
  // Commander has printed its own message, with a hint.
  if (!(thrown instanceof CommanderError) || output.isJson) output.fault(fault)
  return fault.exitCode
}

function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json')
}
