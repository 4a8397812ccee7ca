import { useComputedColorScheme } from '@mantine/core'
import { BarChart, type BarSeriesOption } from 'echarts/charts'
import {
  AriaComponent,
  type AriaComponentOption,
  GridComponent,
  type GridComponentOption,
  TooltipComponent,
  type TooltipComponentOption,
} from 'echarts/components'
import { type ComposeOption, type EChartsType, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'
import type { FindingStatistics } from '../../../contract/statistics.ts'
import { type FindingState, findingStates } from '../../../domain/finding.ts'
import { type Severity, severities } from '../../../domain/severity.ts'
import { count } from '../../lib/format.ts'
import { severityLabels, sumOf } from '../../lib/severity.ts'

use([BarChart, GridComponent, TooltipComponent, AriaComponent, SVGRenderer])

type Option = ComposeOption<BarSeriesOption | GridComponentOption | TooltipComponentOption | AriaComponentOption>
type Counts = FindingStatistics['by_state_and_severity']

interface BySeverityChartProps {
  readonly counts: Counts
  readonly onOpen: (severity: Severity, state: FindingState) => void
}

const axisNumber = new Intl.NumberFormat('en', { notation: 'compact' })
const stateLabels = { open: 'Open', reopened: 'Reopened', fixed: 'Fixed' } as const

/** Drawn from the table beside it, which is its description and its keyboard. */
export default function BySeverityChart({ counts, onOpen }: BySeverityChartProps) {
  const frame = useRef<HTMLDivElement>(null)
  const chart = useRef<EChartsType>(undefined)
  const open = useRef(onOpen)
  const scheme = useComputedColorScheme('light')

  useEffect(() => {
    open.current = onOpen
  })
  useEffect(() => {
    if (frame.current === null) return
    const drawn = init(frame.current, null, { renderer: 'svg' })
    chart.current = drawn
    drawn.on('click', event => {
      const severity = severities[event.dataIndex]
      const state = findingStates[event.seriesIndex ?? 0]
      if (severity !== undefined && state !== undefined) open.current(severity, state)
    })
    const observer = new ResizeObserver(() => drawn.resize())
    observer.observe(frame.current)
    return () => {
      observer.disconnect()
      drawn.dispose()
    }
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read from the theme that is on
  useEffect(() => {
    if (frame.current !== null) chart.current?.setOption(optionOf(counts, getComputedStyle(frame.current)))
  }, [counts, scheme])

  return <div ref={frame} style={{ height: '100%' }} />
}

function optionOf(counts: Counts, style: CSSStyleDeclaration): Option {
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim()
  const isStill = window.matchMedia('(prefers-reduced-motion: reduce)').matches
  const text = { color: colour('mantine-color-text'), fontFamily: style.fontFamily }
  return {
    animation: !isStill,
    animationDuration: 150,
    animationDurationUpdate: 150,
    textStyle: text,
    aria: { enabled: true, label: { description: `Findings by severity and state. ${spoken(counts)}` } },
    grid: { left: 4, right: 64, top: 6, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: {
      trigger: 'item',
      backgroundColor: colour('panel'),
      borderColor: colour('line'),
      textStyle: { ...text, fontSize: 12 },
      formatter: params =>
        Array.isArray(params) ? '' : `${params.name}, ${params.seriesName}: ${count(Number(params.value))}`,
    },
    xAxis: {
      type: 'value',
      min: 0,
      splitNumber: 3,
      axisLabel: { color: colour('mantine-color-dimmed'), fontSize: 11, formatter: value => axisNumber.format(value) },
      splitLine: { lineStyle: { color: colour('line') } },
    },
    yAxis: {
      type: 'category',
      data: severities.map(severity => severityLabels[severity]),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colour('line-strong') } },
      axisLabel: { ...text, fontSize: 12 },
    },
    series: findingStates.map((state, index) => ({
      type: 'bar',
      name: stateLabels[state],
      stack: 'state',
      barWidth: 18,
      cursor: 'pointer',
      data: severities.map(severity => ({
        value: counts[state][severity],
        itemStyle: styleOf(state, colour(`severity-${severity}`), colour('panel')),
      })),
      // The whole bar's number, once, at its end.
      label: {
        show: index === findingStates.length - 1,
        position: 'right',
        ...text,
        fontSize: 12,
        formatter: params => count(totalOf(counts, severities[params.dataIndex])),
      },
    })),
  }
}

/** As everywhere: open is filled, reopened half, fixed outlined. */
function styleOf(state: FindingState, colour: string, ground: string) {
  if (state === 'fixed') return { color: ground, borderColor: colour, borderWidth: 1 }
  if (state === 'open') return { color: colour }
  return {
    color: ground,
    borderColor: colour,
    borderWidth: 1,
    decal: { color: colour, dashArrayX: [1, 0], dashArrayY: [3, 3], rotation: Math.PI / 4 },
  }
}

function totalOf(counts: Counts, severity: Severity | undefined): number {
  return severity === undefined ? 0 : findingStates.reduce((sum, state) => sum + counts[state][severity], 0)
}

function spoken(counts: Counts): string {
  return findingStates.map(state => `${stateLabels[state]}: ${count(sumOf(counts[state]))}.`).join(' ')
}
