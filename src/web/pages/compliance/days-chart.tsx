import { LineChart } from 'echarts/charts'
import { AriaComponent, GridComponent, TooltipComponent } from 'echarts/components'
import { use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { useCallback } from 'react'
import type { ComplianceCounts, ComplianceStatistics } from '../../../contract/compliance.ts'
import { type ComplianceState, complianceStates } from '../../../domain/compliance.ts'
import { type ChartLook, Echart } from '../../components/echart.tsx'
import { outcomeLabels } from '../../lib/compliance-search.ts'
import { count, dayAndMonth } from '../../lib/format.ts'
import { outcomeColour } from './outcome.tsx'

use([LineChart, GridComponent, TooltipComponent, AriaComponent, SVGRenderer])

interface DaysChartProps {
  readonly days: ComplianceStatistics['days']
  readonly states: readonly ComplianceState[]
}

const compact = new Intl.NumberFormat('en', { notation: 'compact' })

/** Results of each outcome at the end of each day, one on the other: together they are all results. */
export default function DaysChart({ days, states }: DaysChartProps) {
  const optionOf = useCallback((look: ChartLook) => option(days, states, look), [days, states])
  return <Echart optionOf={optionOf} />
}

function option(
  days: DaysChartProps['days'],
  states: readonly ComplianceState[],
  { colour, text, isStill }: ChartLook,
) {
  const last = days.at(-1)
  const spoken = states.map(state => `${outcomeLabels[state]}: ${count(last?.counts[state] ?? 0)}.`).join(' ')
  return {
    animation: !isStill,
    animationDuration: 150,
    textStyle: text,
    aria: { enabled: true, label: { description: `Results by outcome on each day. On the last day: ${spoken}` } },
    grid: { left: 4, right: 12, top: 10, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: {
      trigger: 'axis',
      backgroundColor: colour('panel'),
      borderColor: colour('line'),
      textStyle: { ...text, fontSize: 12 },
      valueFormatter: (value: unknown) => (typeof value === 'number' ? count(value) : 'not known'),
    },
    xAxis: {
      type: 'category',
      boundaryGap: false,
      data: days.map(({ day }) => dayAndMonth(day)),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colour('line-strong') } },
      axisLabel: { color: colour('mantine-color-dimmed'), fontSize: 11 },
    },
    yAxis: {
      type: 'value',
      min: 0,
      splitNumber: 3,
      axisLabel: {
        color: colour('mantine-color-dimmed'),
        fontSize: 11,
        formatter: (value: number) => compact.format(value),
      },
      splitLine: { lineStyle: { color: colour('line') } },
    },
    series: states.toReversed().map(state => ({
      type: 'line',
      name: outcomeLabels[state],
      stack: 'outcomes',
      // A day before anything was known is a gap, not a zero.
      data: days.map(({ counts }) => (sumOf(counts) === 0 ? null : counts[state])),
      showSymbol: false,
      lineStyle: { width: 1, color: colour(outcomeColour(state)) },
      areaStyle: { color: colour(outcomeColour(state)), opacity: 0.55 },
      itemStyle: { color: colour(outcomeColour(state)) },
    })),
  }
}

function sumOf(counts: ComplianceCounts): number {
  return complianceStates.reduce((sum, state) => sum + counts[state], 0)
}
