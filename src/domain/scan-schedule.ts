/** When a scan runs, for a person: `weekly on Monday and Wednesday at 01:00 (Europe/Zurich)`. */
export function scheduleInWords(schedule: {
  readonly rrules: string | null
  readonly starts: string | null
  readonly timeZone: string | null
  readonly isEnabled: boolean | null
}): string {
  const { rrules, starts, timeZone, isEnabled } = schedule
  if (rrules === null || rrules === '') return isEnabled === false ? 'on demand, switched off' : 'on demand'
  const rule = new Map(rrules.split(';').map(part => part.split('=') as [string, string | undefined]))
  const often = howOften(rule.get('FREQ'), Number(rule.get('INTERVAL') ?? 1))
  // A rule of a kind we do not know is shown as it is, rather than half of it.
  if (often === undefined) return rrules
  const days = [onDays(rule.get('BYDAY')), onDayOfMonth(rule.get('BYMONTHDAY'))].filter(part => part !== '')
  const words = [often, ...days, atTime(starts, rule.get('FREQ') === 'ONETIME')].filter(part => part !== '').join(' ')
  const zone = timeZone === null || timeZone === '' ? '' : ` (${timeZone})`
  return `${words}${zone}${isEnabled === false ? ', switched off' : ''}`
}

const units: Readonly<Record<string, readonly [string, string]>> = {
  DAILY: ['daily', 'days'],
  WEEKLY: ['weekly', 'weeks'],
  MONTHLY: ['monthly', 'months'],
  YEARLY: ['yearly', 'years'],
}

function howOften(frequency: string | undefined, interval: number): string | undefined {
  if (frequency === 'ONETIME') return 'once'
  const unit = units[frequency ?? '']
  if (unit === undefined || !Number.isInteger(interval) || interval < 1) return undefined
  return interval === 1 ? unit[0] : `every ${interval} ${unit[1]}`
}

const dayNames: Readonly<Record<string, string>> = {
  MO: 'Monday',
  TU: 'Tuesday',
  WE: 'Wednesday',
  TH: 'Thursday',
  FR: 'Friday',
  SA: 'Saturday',
  SU: 'Sunday',
}

function onDays(list: string | undefined): string {
  if (list === undefined || list === '') return ''
  const names = list.split(',').map(day => {
    const [, place = '', code = ''] = /^(-?\d*)([A-Z]{2})$/.exec(day) ?? []
    const name = dayNames[code] ?? day
    if (place === '') return name
    return place === '-1' ? `the last ${name}` : `the ${ordinal(Number(place))} ${name}`
  })
  const last = names.pop()
  return `on ${names.length === 0 ? last : `${names.join(', ')} and ${last}`}`
}

function onDayOfMonth(day: string | undefined): string {
  return day === undefined || day === '' ? '' : `on the ${ordinal(Number(day))}`
}

function ordinal(place: number): string {
  const ending = place % 100 > 10 && place % 100 < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][place % 10] ?? 'th')
  return `${place}${ending}`
}

/** `20260105T010000` on the wall clock. */
function atTime(starts: string | null, isOnce: boolean): string {
  const [, year, month, day, hour, minute] = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})/.exec(starts ?? '') ?? []
  if (hour === undefined) return ''
  return `${isOnce ? `on ${year}-${month}-${day} ` : ''}at ${hour}:${minute}`
}
