import { type Command, Option } from 'commander'
import type { Hub } from '../../hub.ts'
import { type Act, actor, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption } from '../options.ts'
import { createProgress } from '../progress.ts'
import { counted, plain } from '../text.ts'

interface VerifyOptions extends JsonOption {
  readonly repair?: boolean
  readonly archive?: boolean
}

export function verifyCommand(program: Command, act: Act): void {
  program
    .command('verify')
    .summary('look for damage in the database, and repair what follows from the rest')
    .description(
      'Looks at everything that must be true of a sound store: that rows belong together, that counts, history and ledger ' +
        'agree with the rows, that the audit trail is whole, that indexes and constraints are there. The verdict is stored.',
    )
    .addOption(new Option('--repair', 'put right what follows from other rows: counts, indexes, sequences'))
    .option('--archive', 'also read every file of the archive, and compare its checksums')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample: tenfold verify --archive --json\n\nExit codes: 0 sound, 1 failed, 2 bad usage or configuration, 3 damaged.',
    )
    .action(act(verify))
}

type Verdict = Awaited<ReturnType<Hub['upkeep']['verify']>>

function verify(context: Context, options: VerifyOptions): Promise<ExitCode> {
  const { output, signal } = context
  return withHub(context, {}, async hub => {
    const progress = createProgress(output)
    const verdict = await hub.upkeep.verify(actor(), {
      signal,
      repair: options.repair === true,
      onProgress: (done, total, check) => progress.show([{ label: 'verify', done, total, text: check }]),
    })
    const files = options.archive
      ? await hub.maintenance.checkFiles({
          onProgress: (file, done, total) => progress.show([{ label: 'archive', done, total, text: file }]),
        })
      : undefined
    progress.end()
    output.answer({ ...present(verdict), ...(files ? { archive: { damaged: files } } : {}) }, () =>
      [describe(verdict), ...(files ? [describeFiles(files)] : [])].join('\n'),
    )
    return verdict.isSound && (files ?? []).length === 0 ? exitCodes.done : exitCodes.partial
  })
}

function present({ verificationId, isSound, checks, damages, repaired }: Verdict) {
  return { verification_id: verificationId, verdict: isSound ? 'sound' : 'damaged', checks, damages, repaired }
}

function describe({ isSound, checks, damages, repaired }: Verdict): string {
  return [
    ...repaired.map(({ repair, count }) => `Repaired: ${repair.replace('_', ' ')} (${count}).`),
    ...damages.flatMap(({ check, about, found, samples, repair }) => [
      `[${check}] ${found} ${about}${repair ? ' (--repair puts them right)' : ''}`,
      ...samples.map(sample => `    ${plain(sample)}`),
      ...(found > samples.length ? [`    and ${found - samples.length} more`] : []),
    ]),
    isSound
      ? `The store is sound: ${counted(checks, 'check')}.`
      : `The store is damaged: ${counted(damages.length, 'kind')} of damage in ${counted(checks, 'check')}.`,
  ].join('\n')
}

function describeFiles(damaged: Awaited<ReturnType<Hub['maintenance']['checkFiles']>>): string {
  if (damaged.length === 0) return 'Every file of the archive is as it was written.'
  return [
    `${counted(damaged.length, 'file')} of the archive ${damaged.length === 1 ? 'is' : 'are'} damaged:`,
    ...damaged.map(({ file_name, reason }) => `    ${plain(file_name)}: ${plain(reason)}`),
  ].join('\n')
}
