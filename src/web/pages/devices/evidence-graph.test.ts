import { expect, test } from 'vitest'
import type { DeviceDetail, DeviceLink } from '../../../contract/devices.ts'
import { evidenceGraph } from './evidence-graph.ts'

const record = (asset_id: number) =>
  ({ asset_id, name: `record ${asset_id}`, source: `source ${asset_id}` }) as DeviceDetail['members'][number]

const link = (
  asset_a: number,
  asset_b: number,
  evidence: DeviceLink['evidence'],
  devices: readonly [number, number] = [1, 1],
): DeviceLink => ({
  asset_a,
  asset_b,
  name_a: `record ${asset_a}`,
  name_b: `record ${asset_b}`,
  source_a: `source ${asset_a}`,
  source_b: `source ${asset_b}`,
  device_a: devices[0],
  device_b: devices[1],
  score: 5,
  confidence: 0.9,
  evidence,
})

const mac = { kind: 'mac_address', value: '001b21000001', weight: 5 } as const
const apart = { kind: 'same_source', value: null, weight: -4 } as const

test('a value that three records share is one join of three, and what parts two is theirs alone', () => {
  const graph = evidenceGraph({
    id: 1,
    members: [record(1), record(2), record(3)],
    links: [link(1, 2, [mac, apart]), link(2, 3, [mac]), link(1, 3, [{ ...mac, weight: 1.25 }, apart])],
    asked: [],
  })
  expect(graph.joins.map(({ kind, weight, assetIds }) => [kind, weight, assetIds.toSorted()]).sort()).toEqual([
    ['mac_address', 5, [1, 2, 3]],
    ['same_source', -4, [1, 2]],
    ['same_source', -4, [1, 3]],
  ])
  expect(graph.records.map(one => one.isOther)).toEqual([false, false, false])
})

test('records that may belong to it are drawn apart, once, whichever side of the pair they are on', () => {
  const graph = evidenceGraph({
    id: 1,
    members: [record(5)],
    links: [],
    asked: [link(2, 5, [mac], [9, 1]), link(5, 7, [mac], [1, 8])],
  })
  expect(graph.records.map(({ assetId, isOther }) => [assetId, isOther])).toEqual([
    [5, false],
    [2, true],
    [7, true],
  ])
})

test('nothing lies on anything else, and what has no room is counted', () => {
  const many = Array.from({ length: 45 }, (_, n) => ({ ...mac, value: String(n) }))
  const graph = evidenceGraph({ id: 1, members: [record(1), record(2)], links: [link(1, 2, many)], asked: [] })
  const places = graph.joins.map(join => join.y)
  expect(places.slice(1).every((y, index) => y - places[index]! >= 39)).toBe(true)
  expect([graph.joins.length, graph.left]).toEqual([30, 15])
  expect(Math.max(...places)).toBeLessThan(graph.height)
  expect(evidenceGraph({ id: 1, members: [record(1)], links: [], asked: [] })).toMatchObject({ joins: [], left: 0 })
})
