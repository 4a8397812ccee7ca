import { badRequest } from './answer.ts'
import { iso, type SimulatorClock } from './clock.ts'
import { directories } from './directories.ts'
import { type DirectoryEntry, type DirectoryName, entryId } from './directory-book.ts'
import { hash32, topic, uuidOf } from './random.ts'
import type { Simulation } from './simulation.ts'

/** What people do to networks, sensors and tags by hand. */
export const directoryEditNames = [
  'add-network',
  'rename-network',
  'remove-network',
  'restore-network',
  'rename-scanner',
  'unlink-scanner',
  'unlink-agent',
  'link-agent',
  'regroup-agent',
  'retag',
  'remove-tag',
  'restore-tag',
] as const
export type DirectoryEditName = (typeof directoryEditNames)[number]

export interface DirectoryEdit {
  /** The vendor's id of the entry; what is left out is chosen by the simulator: the last ones of the list. */
  readonly entry?: string
  /** How many, when none is named; default 1. */
  readonly count?: number
  /** A new name, or a tag's new value. */
  readonly name?: string
  /** Of an agent. */
  readonly groups?: readonly string[]
}

export interface DirectoryEditResult {
  readonly changed: readonly { readonly list: DirectoryName; readonly entry: string }[]
}

type World = Pick<Simulation, 'estate' | 'seed' | 'clock' | 'directory'>

export function editDirectory(world: World, name: DirectoryEditName, edit: DirectoryEdit = {}): DirectoryEditResult {
  const { directory, clock } = world
  const change = (list: DirectoryName, fields: (entry: DirectoryEntry) => DirectoryEntry) =>
    each(world, list, edit, entry => directory.change(list, entryId(list, entry), fields(entry)))
  const remove = (list: DirectoryName) => each(world, list, edit, entry => directory.remove(list, entryId(list, entry)))
  const restore = (list: DirectoryName): DirectoryEditResult => {
    if (edit.entry === undefined) throw badRequest(`${name} needs the entry that comes back`)
    directory.restore(list, edit.entry)
    return { changed: [{ list, entry: edit.entry }] }
  }
  const renamed = (entry: DirectoryEntry) => edit.name ?? `${String(entry.name ?? entry.value)}, renamed`
  switch (name) {
    case 'add-network':
      return addNetworks(world, edit)
    case 'rename-network':
      return change('network', entry => ({ name: renamed(entry), ...modifiedNow(clock) }))
    case 'remove-network':
      return remove('network')
    case 'restore-network':
      return restore('network')
    case 'rename-scanner':
      return change('scanner', entry => ({ name: renamed(entry), last_modification_date: seconds(clock) }))
    case 'unlink-scanner':
      return change('scanner', () => ({ linked: 0, last_modification_date: seconds(clock) }))
    case 'unlink-agent':
      return remove('agent')
    case 'link-agent':
      return restore('agent')
    case 'regroup-agent':
      return change('agent', () => ({
        groups: (edit.groups ?? ['Moved agents']).map((group, n) => ({ name: group, id: 100 + n })),
      }))
    case 'retag':
      return change('tag', entry => ({ value: renamed(entry), updated_at: iso(clock.now()) }))
    case 'remove-tag':
      return remove('tag')
    case 'restore-tag':
      return restore('tag')
  }
}

function each(
  world: World,
  list: DirectoryName,
  edit: DirectoryEdit,
  act: (entry: DirectoryEntry) => void,
): DirectoryEditResult {
  const present = directories[list](world)
  const meant =
    edit.entry === undefined
      ? present.slice(-(edit.count ?? 1))
      : present.filter(entry => entryId(list, entry) === edit.entry)
  if (meant.length === 0) throw badRequest(`no ${list} ${edit.entry ?? 'is left'}`)
  for (const entry of meant) act(entry)
  return { changed: meant.map(entry => ({ list, entry: entryId(list, entry) })) }
}

function addNetworks(world: World, edit: DirectoryEdit): DirectoryEditResult {
  const { directory, seed, estate } = world
  const before = directories.network(world).length
  const changed = Array.from({ length: edit.count ?? 1 }, (_, n) => {
    const number = before + n
    const uuid = uuidOf(seed, topic.network, 1000 + number, hash32(seed, number))
    directory.add('network', {
      owner_uuid: estate.tenant.users[0]!.uuid,
      scanner_count: 0,
      uuid,
      name: edit.name ?? `Network ${number}`,
      is_default: false,
      created_by: estate.tenant.users[0]!.uuid,
      modified_by: estate.tenant.users[0]!.uuid,
      created: world.clock.now(),
      created_in_seconds: seconds(world.clock),
      ...modifiedNow(world.clock),
    })
    return { list: 'network' as const, entry: uuid }
  })
  return { changed }
}

function modifiedNow(clock: SimulatorClock): DirectoryEntry {
  return { modified: clock.now(), modified_in_seconds: seconds(clock) }
}

function seconds(clock: SimulatorClock): number {
  return Math.floor(clock.now() / 1000)
}
