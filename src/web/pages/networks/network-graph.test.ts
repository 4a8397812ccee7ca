import { expect, test } from 'vitest'
import type { MultiHomedAsset, NetworkView, ScannerView, SubnetView } from '../../../contract/directories.ts'
import { graphOf } from './network-graph.ts'

const network = { id: '1-n', name: 'N\u202e', assets: 900, scanners: 40 } as NetworkView
const subnets = Array.from(
  { length: 100 },
  (_, n) => ({ subnet: `10.0.${n}.0/24`, family: 4, assets: n, multi_homed: 0, scanners: 0, agents: 0 }) as SubnetView,
)
const machine = (id: number, ...homes: string[]) => ({ id, name: `m${id}`, subnets: homes }) as MultiHomedAsset
const scanners = Array.from({ length: 40 }, (_, n) => ({ id: `1-${n}`, name: `s${n}` }) as ScannerView)

test('the largest are drawn, the rest is gathered, and every link has two ends', () => {
  const machines = [machine(1, '10.0.99.0/24', '10.0.98.0/24'), machine(2, '10.0.0.0/24', '10.0.99.0/24')]
  const { nodes, links } = graphOf({ network, subnets, subnetTotal: 700, machines, machineTotal: 2, scanners })
  expect(nodes.filter(node => node.kind === 'subnet')).toHaveLength(60)
  expect(nodes.some(node => node.name === '10.0.0.0/24')).toBe(false)
  expect(nodes.filter(node => node.kind === 'machine').map(node => node.name)).toEqual(['m1'])
  expect(nodes.filter(node => node.kind === 'more').map(node => node.name)).toEqual([
    '640 more subnets',
    '1 more machine',
    '10 more scanners',
  ])
  const ids = new Set(nodes.map(node => node.id))
  expect(ids.size).toBe(nodes.length)
  expect(links.every(link => ids.has(link.source) && ids.has(link.target))).toBe(true)
  expect(nodes[0]!.name).toBe('N⟨U+202E⟩')
})

test('a small network has nothing gathered', () => {
  const few = { ...network, scanners: 1 }
  const { nodes } = graphOf({
    network: few,
    subnets: subnets.slice(0, 2),
    subnetTotal: 2,
    machines: [],
    machineTotal: 0,
    scanners: scanners.slice(0, 1),
  })
  expect(nodes.map(node => node.kind)).toEqual(['network', 'subnet', 'subnet', 'scanner'])
})
