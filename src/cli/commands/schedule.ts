import { type Command, Option } from 'commander'
import type { ScheduleView, UpcomingRun } from '../../contract/schedule.ts'
import { streamNames } from '../../domain/batch.ts'
import { type BlackoutWindow, scheduleKinds } from '../../domain/schedule.ts'
import type { Hub, Source } from '../../hub.ts'
import { ConfigError, NotFoundError } from '../../platform/errors.ts'
import { type Act, actor, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption, listOf, type SourceOption, sourceOption, whole } from '../options.ts'
import { blackout, describeBlackout, hours } from '../schedule-options.ts'
import { chooseSource, chooseSources } from '../sources.ts'
import { counted, instant, table } from '../text.ts'

type ListOptions = JsonOption & SourceOption

interface SetOptions extends ListOptions {
  readonly every?: number
  readonly cron?: string
  readonly kind?: (typeof scheduleKinds)[number]
  readonly streams?: readonly (typeof streamNames)[number][]
  readonly allStreams?: boolean
  readonly timeZone?: string
  readonly jitter?: number
  readonly blackout?: readonly BlackoutWindow[] | false
}

const shownNext = 5

export function scheduleCommand(program: Command, act: Act): void {
  const command = program
    .command('schedule')
    .summary('when sources are read by themselves')
    .description(
      'Shows and changes when a running server reads each source by itself. Every source has three schedules: changes ' +
        '(assets and findings), plugins, and everything (a full sync, which also notices what is gone).',
    )
  command
    .command('list', { isDefault: true })
    .description('Lists the schedules and the runs that come next.')
    .addOption(sourceOption('only of this source'))
    .addOption(jsonOption())
    .action(act(list))
  command
    .command('set')
    .description('Changes a schedule, or adds one under a new name. What is not given stays.')
    .argument('<name>')
    .addOption(new Option('--every <time>', 'each so many hours: 4h, 90m, 7d').argParser(hours).conflicts('cron'))
    .option('--cron <pattern>', 'five parts, for example "0 2 * * sun"')
    .addOption(new Option('--kind <kind>', 'what changed, or everything again').choices(scheduleKinds))
    .addOption(new Option('--streams <list>', `only these: ${streamNames.join(', ')}`).argParser(listOf(streamNames)))
    .addOption(new Option('--all-streams', 'all that the source offers').conflicts('streams'))
    .option('--time-zone <name>', 'of the pattern and the blackout, for example Europe/Berlin')
    .addOption(new Option('--jitter <seconds>', 'moves each time by up to so many seconds').argParser(whole(0, 3_600)))
    .option('--blackout <window>', 'when nothing starts: "mon-fri 08:00-18:00"; may be repeated', blackout)
    .option('--no-blackout', 'without a blackout')
    .addOption(sourceOption('of this source; needed when there are several'))
    .addOption(jsonOption())
    .addHelpText('after', setHelpEnd)
    .action(act(set))
  command
    .command('remove')
    .description('Removes a schedule.')
    .argument('<name>')
    .addOption(sourceOption('of this source; needed when there are several'))
    .addOption(jsonOption())
    .action(act(remove))
  for (const [name, isPaused, about] of [
    ['pause', true, 'Starts nothing by itself: one schedule, or all of them, until resumed.'],
    ['resume', false, 'Starts runs by themselves again, from the next time on.'],
  ] as const) {
    command
      .command(name)
      .description(about)
      .argument('[name]', 'all of them when left out')
      .addOption(sourceOption('only of this source'))
      .addOption(jsonOption())
      .action(
        act((context, wanted: string | undefined, options: ListOptions) => pause(context, wanted, options, isPaused)),
      )
  }
}

const setHelpEnd = `
For example what changed every two hours, everything on the first night of each month, and findings alone every day:
  tenfold schedule set changes --every 2h
  tenfold schedule set everything --cron "0 2 1 * *" --time-zone Europe/Berlin
  tenfold schedule set findings --kind delta --streams findings --cron "0 6 * * *"`

function list(context: Context, options: ListOptions): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const sourceId = options.source === undefined ? undefined : (await chooseSource(hub, options.source)).id
    const items = await hub.schedules.list(sourceId)
    const upcoming = await hub.schedules.upcoming(shownNext, sourceId)
    const isServed = await hub.isServed()
    context.output.answer({ items, upcoming, is_served: isServed }, () => describe(items, upcoming, isServed))
    return exitCodes.done
  })
}

function set(context: Context, name: string, options: SetOptions): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const source = await oneSource(hub, options.source)
    const schedule = await hub.schedules.set(
      { sourceId: source.id, name },
      {
        ...(options.every === undefined ? {} : { intervalHours: options.every }),
        ...(options.cron === undefined ? {} : { cron: options.cron }),
        ...(options.kind === undefined ? {} : { kind: options.kind }),
        ...(options.streams === undefined ? {} : { streams: options.streams }),
        ...(options.allStreams ? { streams: null } : {}),
        ...(options.timeZone === undefined ? {} : { timeZone: options.timeZone }),
        ...(options.jitter === undefined ? {} : { jitterSeconds: options.jitter }),
        ...(options.blackout === undefined ? {} : { blackout: options.blackout || [] }),
      },
      actor(),
    )
    context.output.answer(schedule, () => schedulesTable([schedule]))
    return exitCodes.done
  })
}

function remove(context: Context, name: string, options: ListOptions): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const source = await oneSource(hub, options.source)
    const [schedule] = await named(hub, name, source.id)
    const removed = await hub.schedules.remove(schedule.id, actor())
    context.output.answer(removed, () => `Schedule ${removed.name} of ${removed.source} is removed.`)
    return exitCodes.done
  })
}

function pause(
  context: Context,
  wanted: string | undefined,
  options: ListOptions,
  isPaused: boolean,
): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const sourceId = options.source === undefined ? undefined : (await chooseSource(hub, options.source)).id
    const choices =
      wanted === undefined
        ? [{ sourceId }]
        : (await named(hub, wanted, sourceId)).map(schedule => ({ scheduleId: schedule.id }))
    const items: ScheduleView[] = []
    for (const choice of choices) items.push(...(await hub.schedules.pause(choice, isPaused, actor())))
    context.output.answer({ items }, () => {
      const what = isPaused ? 'paused: nothing of it starts by itself' : 'on'
      return items.length === 0 ? 'There is no schedule.' : `${counted(items.length, 'schedule')} ${what}.`
    })
    return exitCodes.done
  })
}

/** @throws ConfigError `no_source`, `source_not_found`, `several_sources` */
async function oneSource(hub: Hub, wanted: string | undefined): Promise<Source> {
  const sources = await chooseSources(hub, wanted)
  const [only, another] = sources
  if (!only || another) {
    const known = sources.map(source => `${source.id} ${source.name}`).join(', ')
    throw new ConfigError('several_sources', `There are several sources: ${known}. Say which with --source.`)
  }
  return only
}

/** The schedule of that name, of each source. */
async function named(
  hub: Hub,
  name: string,
  sourceId: number | undefined,
): Promise<readonly [ScheduleView, ...ScheduleView[]]> {
  const all = await hub.schedules.list(sourceId)
  const [first, ...more] = all.filter(schedule => schedule.name === name)
  if (first) return [first, ...more]
  const known = [...new Set(all.map(schedule => schedule.name))].join(', ') || 'none yet'
  throw new NotFoundError('schedule_not_found', `There is no schedule "${name}". The schedules are: ${known}.`)
}

function describe(items: readonly ScheduleView[], upcoming: readonly UpcomingRun[], isServed: boolean): string {
  if (items.length === 0) return 'There is no schedule: every source has some, so there is no source yet.'
  return [
    schedulesTable(items),
    '',
    ...(upcoming.length === 0 ? ['Nothing comes next.'] : ['Next', upcomingTable(upcoming)]),
    ...(isServed ? [] : ['', 'No server works on this database, so nothing starts by itself: start "tenfold up".']),
  ].join('\n')
}

function schedulesTable(items: readonly ScheduleView[]): string {
  return table<ScheduleView>(
    [
      { title: 'Source', maxWidth: 32, value: row => row.source },
      { title: 'Schedule', maxWidth: 32, value: row => row.name },
      { title: 'Reads', value: row => `${row.kind}: ${row.streams?.join(', ') ?? 'all'}` },
      { title: 'When', value: whenOf },
      { title: 'Not', maxWidth: 40, value: row => row.blackout.map(describeBlackout).join('; ') },
      { title: 'Next', value: row => (row.is_paused ? 'paused' : instant(row.next_at)) },
      { title: 'By', value: row => row.managed_by },
    ],
    items,
  )
}

function whenOf({ cron, interval_hours: interval, time_zone: zone, jitter_seconds: jitter }: ScheduleView): string {
  const time = cron === null ? `every ${counted(interval ?? 0, 'hour')}` : `${cron} ${zone}`
  return jitter === 0 ? time : `${time} + up to ${jitter} s`
}

function upcomingTable(upcoming: readonly UpcomingRun[]): string {
  return table<UpcomingRun>(
    [
      { title: 'At', value: row => (row.is_due ? 'when the source is free' : instant(row.at)) },
      { title: 'Source', maxWidth: 32, value: row => row.source },
      { title: 'Schedule', maxWidth: 32, value: row => row.schedule },
      { title: 'Reads', value: row => `${row.kind}: ${row.streams?.join(', ') ?? 'all'}` },
    ],
    upcoming,
  )
}
