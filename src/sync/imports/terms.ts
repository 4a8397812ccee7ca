import type { Severity } from '../../domain/severity.ts'
import { ConfigError } from '../../platform/errors.ts'
import type { ImportOptions, ImportScope } from '../../store/imports/imports.ts'

/** How somebody brings a file, whichever way it comes. */
export interface ImportTerms {
  readonly covers?: ImportScope['covers'] | undefined
  readonly severities?: readonly Severity[] | undefined
  readonly hosts?: readonly string[] | undefined
  readonly observed_at?: string | undefined
  readonly time_zone?: string | undefined
  readonly date_order?: 'day-first' | 'month-first' | undefined
  readonly state?: 'open' | 'fixed' | undefined
}

/** @throws ConfigError `bad_time_zone`, `observed_in_future` */
export function importTermsOf(terms: ImportTerms, now: Date): { scope: ImportScope; options: ImportOptions } {
  if (terms.observed_at !== undefined && Date.parse(terms.observed_at) > now.getTime() + 86_400_000) {
    throw new ConfigError(
      'observed_in_future',
      'The file cannot speak for a moment that is still to come: every later one would seem older than it.',
      { context: { field: 'observed_at' } },
    )
  }
  return {
    scope: {
      covers: terms.covers ?? 'nothing',
      ...(terms.severities?.length ? { severities: terms.severities } : {}),
      ...(terms.hosts?.length ? { hosts: terms.hosts } : {}),
    },
    options: {
      ...(terms.observed_at === undefined ? {} : { observedAt: terms.observed_at }),
      ...(terms.time_zone === undefined ? {} : { zoneOffsetMinutes: zoneOffsetOf(terms.time_zone, now) }),
      ...(terms.date_order === undefined ? {} : { dateOrder: terms.date_order }),
      ...(terms.state === undefined ? {} : { state: terms.state }),
    },
  }
}

/** Minutes east of UTC, of a place as it is now. */
function zoneOffsetOf(zone: string, now: Date): number {
  const numbers = /^([+-])(\d{2}):?(\d{2})$/.exec(zone)
  if (numbers) return (numbers[1] === '-' ? -1 : 1) * (Number(numbers[2]) * 60 + Number(numbers[3]))
  try {
    const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(now)
    const offset = parts.find(part => part.type === 'timeZoneName')?.value.replace('GMT', '') ?? ''
    return offset === '' ? 0 : zoneOffsetOf(offset, now)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new ConfigError('bad_time_zone', `There is no time zone ${zone}. Give one such as +02:00 or Europe/Berlin.`, {
      cause,
      context: { field: 'time_zone' },
    })
  }
}
