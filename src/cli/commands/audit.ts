import type { Command } from 'commander'
import { type Act, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption } from '../options.ts'
import { counted } from '../text.ts'

export function auditCommand(program: Command, act: Act): void {
  program
    .command('audit')
    .summary('verify the trail of who did what')
    .description('The trail of who started, stopped and changed what.')
    .command('verify')
    .description(
      'Recomputes the chain of hashes over the whole trail. Exit code 1 when an event was changed or removed.',
    )
    .addOption(jsonOption())
    .action(act(verify))
}

function verify(context: Context, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const verdict = await hub.read.verifyAudit()
    const broken = verdict.firstBroken
    const value = {
      ok: verdict.ok,
      checked: verdict.checked,
      first_broken: broken && { id: broken.auditId, reason: broken.reason },
    }
    context.output.answer(value, () =>
      broken
        ? `The trail is broken at event ${broken.auditId}: ${broken.reason}. ${counted(verdict.checked, 'event')} before it are whole.`
        : `The trail is whole: ${counted(verdict.checked, 'event')}.`,
    )
    return verdict.ok ? exitCodes.done : exitCodes.failed
  })
}
