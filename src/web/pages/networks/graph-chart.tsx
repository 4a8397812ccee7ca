import { GraphChart as Graph } from 'echarts/charts'
import { AriaComponent, TooltipComponent } from 'echarts/components'
import { use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { useCallback } from 'react'
import { type ChartLook, Echart } from '../../components/echart.tsx'
import { count } from '../../lib/format.ts'
import type { GraphNode, NetworkGraph, NodeKind } from './network-graph.ts'

use([Graph, TooltipComponent, AriaComponent, SVGRenderer])

interface GraphChartProps {
  readonly graph: NetworkGraph
  readonly onOpen: (door: GraphNode['door']) => void
}

/** Shapes say what a node is, sizes how many assets it has. The tables below are its description and its keyboard. */
export default function GraphChart({ graph, onOpen }: GraphChartProps) {
  const optionOf = useCallback((look: ChartLook) => option(graph, look), [graph])
  return <Echart optionOf={optionOf} onOpen={({ data }) => onOpen((data as Partial<GraphNode>).door ?? {})} />
}

const symbols = {
  network: 'roundRect',
  subnet: 'circle',
  machine: 'rect',
  scanner: 'triangle',
  more: 'diamond',
} as const satisfies Record<NodeKind, string>

const colours = {
  network: 'mark',
  subnet: 'severity-low',
  machine: 'severity-medium',
  scanner: 'good',
  more: 'line-strong',
} as const satisfies Record<NodeKind, string>

const kinds = Object.keys(symbols) as NodeKind[]

function option({ nodes, links }: NetworkGraph, { colour, text }: ChartLook) {
  const largest = Math.max(1, ...nodes.filter(node => node.kind === 'subnet').map(node => node.assets))
  const areFew = nodes.length <= 40
  // The more there are the closer they stand: what is pushed beyond the frame is cut off.
  const room = Math.min(1, 30 / nodes.length)
  return {
    animation: false,
    textStyle: text,
    aria: {
      enabled: true,
      label: { description: `Graph of the network: ${count(nodes.length)} nodes. The tables below say the same.` },
    },
    tooltip: {
      // Names come from outside: never as markup.
      renderMode: 'richText',
      backgroundColor: colour('panel'),
      borderColor: colour('line'),
      textStyle: { ...text, fontSize: 12 },
      formatter: ({ data }: { data: Partial<GraphNode> }) =>
        data.name === undefined
          ? ''
          : data.kind === 'subnet' || data.kind === 'network'
            ? `${data.name}: ${count(data.assets ?? 0)} assets`
            : data.name,
    },
    series: [
      {
        type: 'graph',
        layout: 'force',
        roam: false,
        draggable: false,
        force: {
          repulsion: 220 * room,
          edgeLength: [24, 40 + 70 * room],
          gravity: 0.2 + 0.3 * (1 - room),
          layoutAnimation: false,
        },
        categories: kinds.map(kind => ({ name: kind, itemStyle: { color: colour(colours[kind]) } })),
        lineStyle: { color: colour('line-strong'), width: 1, opacity: 0.7 },
        label: { position: 'right', ...text, fontSize: 11, formatter: '{b}', width: 130, overflow: 'truncate' },
        labelLayout: { hideOverlap: true },
        emphasis: { focus: 'adjacency' },
        data: nodes.map(node => ({
          ...node,
          category: kinds.indexOf(node.kind),
          symbol: symbols[node.kind],
          symbolSize: sizeOf(node, largest),
          cursor: node.door.subnet === undefined && node.door.asset === undefined ? 'default' : 'pointer',
          // Of many, names would lie on each other: the pointer tells them.
          label: {
            show: areFew || node.kind === 'network',
            ...(node.kind === 'network' ? { backgroundColor: colour('panel'), padding: 2 } : {}),
          },
          emphasis: { label: { show: true } },
        })),
        links,
      },
    ],
  }
}

function sizeOf({ kind, assets }: GraphNode, largest: number): number {
  if (kind === 'network') return 26
  if (kind === 'subnet') return 8 + 22 * Math.sqrt(assets / largest)
  return kind === 'more' ? 16 : 10
}
