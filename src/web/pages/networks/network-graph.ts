import type { MultiHomedAsset, NetworkView, ScannerView, SubnetView } from '../../../contract/directories.ts'
import { counted } from '../../lib/format.ts'
import { visibleLine } from '../../lib/visible-text.ts'

export type NodeKind = 'network' | 'subnet' | 'machine' | 'scanner' | 'more'

export interface GraphNode {
  readonly id: string
  readonly name: string
  readonly kind: NodeKind
  /** Assets that it stands for, when it has a size. */
  readonly assets: number
  /** What a click leads to. */
  readonly door: { readonly subnet?: string; readonly asset?: number }
}

export interface GraphLink {
  readonly source: string
  readonly target: string
}

export interface NetworkGraph {
  readonly nodes: readonly GraphNode[]
  readonly links: readonly GraphLink[]
}

interface Parts {
  readonly network: NetworkView
  readonly subnets: readonly SubnetView[]
  readonly subnetTotal: number
  readonly machines: readonly MultiHomedAsset[]
  readonly machineTotal: number
  readonly scanners: readonly ScannerView[]
}

/** More than a person can tell apart; the rest is one node each. */
const atMost = { subnets: 60, machines: 60, scanners: 30 } as const

/**
 * The network, its largest subnets, the machines that stand in several of those, and its scanners. What is beyond the
 * bounds is gathered in nodes that say how much they are.
 */
export function graphOf(parts: Parts): NetworkGraph {
  const { network, subnets, subnetTotal, machines, machineTotal, scanners } = parts
  const shown = subnets.toSorted((one, other) => other.assets - one.assets).slice(0, atMost.subnets)
  const known = new Set(shown.map(subnet => subnet.subnet))
  const linked = machines.filter(machine => machine.subnets.filter(subnet => known.has(subnet)).length > 1)
  const drawn = linked.slice(0, atMost.machines)
  const looking = scanners.slice(0, atMost.scanners)
  const root = node('network', network.id, network.name, network.assets)
  const more = [
    rest(subnetTotal - shown.length, 'more subnet'),
    rest(machineTotal - drawn.length, 'more machine'),
    rest(network.scanners - looking.length, 'more scanner'),
  ].filter(one => one !== undefined)
  return {
    nodes: [
      root,
      ...shown.map(({ subnet, assets }) => node('subnet', subnet, subnet, assets, { subnet })),
      ...drawn.map(({ id, name }) => node('machine', String(id), name, 1, { asset: id })),
      ...looking.map(({ id, name }) => node('scanner', id, name, 0)),
      ...more,
    ],
    links: [
      ...shown.map(({ subnet }) => ({ source: root.id, target: `subnet ${subnet}` })),
      ...drawn.flatMap(({ id, subnets: homes }) =>
        homes.filter(home => known.has(home)).map(home => ({ source: `machine ${id}`, target: `subnet ${home}` })),
      ),
      ...looking.map(({ id }) => ({ source: root.id, target: `scanner ${id}` })),
      ...more.map(one => ({ source: root.id, target: one.id })),
    ],
  }
}

function node(kind: NodeKind, id: string, name: string, assets: number, door: GraphNode['door'] = {}): GraphNode {
  return { id: `${kind} ${id}`, name: visibleLine(name), kind, assets, door }
}

function rest(count: number, one: string): GraphNode | undefined {
  return count > 0 ? { id: `more ${one}`, name: counted(count, one), kind: 'more', assets: count, door: {} } : undefined
}
