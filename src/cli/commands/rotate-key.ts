import type { Command } from 'commander'
import { sealingKeyId } from '../../hub.ts'
import { readSecretVariable } from '../../platform/config.ts'
import { ConfigError } from '../../platform/errors.ts'
import type { Secret } from '../../platform/secret.ts'
import { type Act, actor, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption } from '../options.ts'
import { createProgress } from '../progress.ts'
import { counted, plain } from '../text.ts'

interface RotateOptions extends JsonOption {
  readonly newKeyEnv?: string
}

export function rotateKeyCommand(program: Command, act: Act): void {
  program
    .command('rotate-key')
    .summary('seal stored keys of sources with a new key')
    .description(
      'Replaces the key that seals stored keys of sources. A generated key is replaced by another; running servers follow ' +
        'it. A key of TENABLE_ENCRYPTION_KEY is replaced by the one in another variable; start the servers again with it ' +
        'afterwards. May be stopped anywhere and begun again.',
    )
    .option('--new-key-env <name>', 'the environment variable that holds the new key')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nBackups keep the key they were taken with: keep the old one as long as you keep them.\n' +
        'Exit codes: 0 everything is sealed with the new key, 1 failed, 2 bad usage or configuration, 3 some keys of sources\n' +
        'did not open and the old key is still needed for them.',
    )
    .action(act(rotate))
}

async function rotate(context: Context, options: RotateOptions): Promise<ExitCode> {
  const name = options.newKeyEnv
  const given = name === undefined ? undefined : { name, key: readSecretVariable(name) }
  try {
    return await withHub(context, {}, hub => rotateWith(context, hub.upkeep.rotateKey, given, hub.sealing.origin))
  } catch (thrown) {
    if (!given || !isDoneAlready(thrown, given)) throw thrown
    const keyId = sealingKeyId(given.key, given.name)
    context.output.answer({ key_id: keyId, resealed: 0, failed: [], is_complete: true }, () =>
      [`Everything is sealed with key ${keyId} already.`, nextStart(given.name)].join('\n'),
    )
    return exitCodes.done
  }
}

interface GivenKey {
  readonly name: string
  readonly key: Secret
}

type Rotate = import('../../hub.ts').Hub['upkeep']['rotateKey']

async function rotateWith(
  { output, signal }: Context,
  rotateKey: Rotate,
  given: GivenKey | undefined,
  origin: string,
): Promise<ExitCode> {
  const progress = createProgress(output)
  const onProgress = (done: number, total: number) =>
    progress.show([{ label: 'rotate-key', done, total, text: `${done} of ${total} sealed anew` }])
  const { keyId, resealed, failed, isComplete } = await rotateKey(given, actor(), { signal, onProgress })
  progress.end()
  output.answer({ key_id: keyId, resealed, failed, is_complete: isComplete }, () =>
    [
      `${counted(resealed, 'secret')} sealed anew with key ${keyId}.`,
      ...failed.map(one => plain(`${one.name} did not open: ${one.reason}`)),
      isComplete
        ? given
          ? nextStart(given.name)
          : `The new key is in ${origin}; the old one is no longer needed, except for backups taken with it.`
        : 'The old key is still needed for these. Enter the keys of these sources again, then run this once more.',
    ].join('\n'),
  )
  return isComplete ? exitCodes.done : exitCodes.partial
}

/** The database is sealed with the very key that was to come: only the environment has not followed. */
function isDoneAlready(thrown: unknown, { key, name }: GivenKey): boolean {
  return (
    thrown instanceof ConfigError &&
    thrown.code === 'wrong_encryption_key' &&
    thrown.context.expectedKeyId === sealingKeyId(key, name)
  )
}

function nextStart(name: string): string {
  return `Now set TENABLE_ENCRYPTION_KEY to the value of ${name} and start the servers again: they cannot open keys of sources with the old one.`
}
