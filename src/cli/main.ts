import { runCommandLine } from './program.ts'

// The process ends by itself when nothing is left running: a command that keeps it alive has forgotten to stop something.
process.exitCode = await runCommandLine(process.argv.slice(2))
