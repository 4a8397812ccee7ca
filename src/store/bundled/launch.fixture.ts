// A process of its own that starts the bundled PostgreSQL: for the tests that need two of them, or one to kill.
// Takes its options as JSON, answers with one line of JSON, stops on a line on standard input or on SIGTERM.
import process from 'node:process'
import { codeOf, messageOf } from '../../platform/errors.ts'
import { type Host, thisHost } from './host.ts'
import { type BundledOptions, startBundledPostgres } from './index.ts'

const { options, host, becomeUid } = JSON.parse(process.argv[2]!) as {
  options: BundledOptions
  host?: Partial<Host>
  /** Everything is loaded by then, so the checkout may be closed to that user. */
  becomeUid?: number
}
if (becomeUid !== undefined) {
  process.setgroups?.([])
  process.setgid?.(becomeUid)
  process.setuid?.(becomeUid)
}

const say = (answer: unknown): void => console.log(JSON.stringify(answer))
try {
  const server = await startBundledPostgres(options, { ...thisHost(), ...host })
  const { connectionString, owned, dataDir, notices } = server
  say({ connectionString, owned, dataDir, notices })
  const stop = async (): Promise<void> => {
    await server.stop()
    say({ stopped: true })
    process.exit(0)
  }
  process.once('SIGTERM', stop)
  process.stdin.once('data', stop)
} catch (thrown) {
  say({ code: codeOf(thrown), message: messageOf(thrown) })
}
