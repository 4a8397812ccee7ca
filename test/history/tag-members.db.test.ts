import { afterAll, beforeAll, expect, test } from 'vitest'
import { unrestricted } from '../../src/store/access.ts'
import { listTagMembers } from '../../src/store/queries/tag-members.ts'
import { type Mirror, openMirror } from '../support/mirror.ts'

// Who had a tag when: asked of the mirror, and kept by the test itself while the tenant lives.

/** What the tenant and we knew at one time. */
interface Snapshot {
  /** The tenant's clock. */
  readonly asOf: string
  /** Ours, once it was read; null when it never was at this instant. */
  readonly knownAt: string | null
  /** Ids of the tag → ids of its assets, those of the default count. */
  readonly members: ReadonlyMap<string, readonly string[]>
}

let mirror: Mirror
const snapshots: Snapshot[] = []
let last: ReadonlyMap<string, readonly string[]>

beforeAll(async () => {
  mirror = await openMirror({ assets: 50, findings: 200 })
  const { control } = mirror.simulator
  await mirror.sync()
  for (let round = 0; round < 6; round++) {
    control.advance({ hours: 7 })
    for (let n = 0; n < 4; n++) control.edit('tag-asset', { count: 3 + n, tag: (round + n * 3) % 11 })
    if (round === 2) control.edit('delete-asset', { count: 3 })
    if (round === 4) control.edit('unlicense-asset', { count: 3 })
    const asOf = control.now()
    const members = membersNow()
    // In two rounds nobody reads: what happened then is told by the next.
    const isRead = round % 3 !== 1
    if (isRead) await mirror.sync({ kind: 'delta' })
    snapshots.push({ asOf, members, knownAt: isRead ? await databaseNow() : null })
  }
  await mirror.sync({ kind: 'delta' })
  last = membersNow()
})
afterAll(() => mirror.close())

function membersNow(): ReadonlyMap<string, readonly string[]> {
  const { control } = mirror.simulator
  const counted = [...control.truthAssets()].filter(one => one.status === 'live' && one.licensed && one.tracked)
  return new Map(
    control.truthDirectory('tag').map(tag => [
      String(tag.uuid),
      counted
        .filter(one => one.tag_ids.includes(String(tag.uuid)))
        .map(one => one.asset_uuid)
        .sort(),
    ]),
  )
}

async function databaseNow(): Promise<string> {
  const { rows } = await mirror.database.query<{ now: string }>('select clock_timestamp() as now')
  return rows[0]!.now
}

async function held(id: string, moment?: { asOf?: string; knownAt?: string }): Promise<readonly string[]> {
  const seen: string[] = []
  for (let cursor: string | undefined; ; ) {
    const request = { id, limit: 7, ...(cursor === undefined ? {} : { cursor }) }
    const page = await listTagMembers(unrestricted(mirror.database), request, moment)
    seen.push(...page.items.map(item => item.uuid))
    cursor = page.next_cursor ?? undefined
    if (cursor === undefined) return seen.sort()
  }
}

test('members of the present are those of the tenant', async () => {
  expect([...last.values()].flat().length).toBeGreaterThan(20)
  for (const [tag, members] of last) expect(await held(tag), tag).toEqual(members)
})

test('members of a tag at an instant are those the tenant had then', async () => {
  for (const { asOf, knownAt, members } of snapshots) {
    // An asset tells its version: what was given and taken back between two readings nobody can know.
    if (knownAt === null) continue
    for (const [tag, expected] of members) expect(await held(tag, { asOf }), `${tag} as of ${asOf}`).toEqual(expected)
  }
})

test('members known at an instant are those we had been told by then', async () => {
  for (const { knownAt, members } of snapshots) {
    if (knownAt === null) continue
    for (const [tag, expected] of members)
      expect(await held(tag, { knownAt }), `${tag} at ${knownAt}`).toEqual(expected)
  }
})

test('members of a tag that was renamed since are found under its name of then', async () => {
  const { control } = mirror.simulator
  const [tag] = [...last].find(([, members]) => members.length > 2)!
  const { asOf, members } = snapshots[0]!
  control.editDirectory('retag', { entry: tag, name: 'Another name' })
  await mirror.sync({ kind: 'delta', streams: ['tags'] })
  expect(await held(tag, { asOf })).toEqual(members.get(tag))
})
