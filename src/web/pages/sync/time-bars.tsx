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
import type { Bar } from './bars.ts'

use([BarChart, GridComponent, TooltipComponent, AriaComponent, SVGRenderer])

type Option = ComposeOption<BarSeriesOption | GridComponentOption | TooltipComponentOption | AriaComponentOption>

interface TimeBarsProps {
  readonly bars: readonly Bar[]
  /** What is drawn, for those who hear it. */
  readonly label: string
  /** On the axis. */
  readonly axisText: (value: number) => string
  /** Between two lines of the axis; half an error is none. */
  readonly leastStep?: number | undefined
  readonly onOpen?: (bar: Bar) => void
}

/** Bars on a line of time: where nothing was there is nothing. Drawn from the table below it, which is its keyboard. */
export default function TimeBars({ bars, label, axisText, leastStep, onOpen }: TimeBarsProps) {
  const frame = useRef<HTMLDivElement>(null)
  const chart = useRef<EChartsType>(undefined)
  const open = useRef<(index: number) => void>(undefined)
  const scheme = useComputedColorScheme('light')

  useEffect(() => {
    open.current = index => {
      const bar = bars[index]
      if (bar !== undefined) onOpen?.(bar)
    }
  })
  useEffect(() => {
    if (frame.current === null) return
    const drawn = init(frame.current, null, { renderer: 'svg' })
    chart.current = drawn
    drawn.on('click', event => open.current?.(event.dataIndex))
    const observer = new ResizeObserver(() => drawn.resize())
    observer.observe(frame.current)
    return () => {
      observer.disconnect()
      drawn.dispose()
    }
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read from the theme that is on
  useEffect(() => {
    if (frame.current === null) return
    chart.current?.setOption(optionOf({ bars, label, axisText, leastStep }, getComputedStyle(frame.current)), true)
  }, [bars, label, scheme])

  return <div ref={frame} style={{ height: '100%' }} />
}

function optionOf(
  { bars, label, axisText, leastStep }: Omit<TimeBarsProps, 'onOpen'>,
  style: CSSStyleDeclaration,
): Option {
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim()
  const text = { color: colour('mantine-color-text'), fontFamily: style.fontFamily }
  const dim = { color: colour('mantine-color-dimmed'), fontSize: 11 }
  return {
    animation: false,
    textStyle: text,
    aria: { enabled: true, label: { description: label } },
    grid: { left: 4, right: 12, top: 10, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    tooltip: {
      trigger: 'item',
      backgroundColor: colour('panel'),
      borderColor: colour('line'),
      textStyle: { ...text, fontSize: 12 },
      // The words hold names from outside: as text, never as markup.
      renderMode: 'richText',
      formatter: params => (Array.isArray(params) ? '' : (bars[params.dataIndex]?.words ?? '')),
    },
    xAxis: {
      type: 'time',
      // Of one bar, or of several in a moment, the axis would make years.
      min: ({ min, max }: Extent) => min - marginMs(max - min),
      max: ({ min, max }: Extent) => max + marginMs(max - min),
      axisLabel: { ...dim, hideOverlap: true },
      axisLine: { lineStyle: { color: colour('line-strong') } },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      splitNumber: 3,
      ...(leastStep === undefined ? {} : { minInterval: leastStep }),
      axisLabel: { ...dim, formatter: axisText },
      splitLine: { lineStyle: { color: colour('line') } },
    },
    series: [
      {
        type: 'bar',
        barWidth: 6,
        barMinHeight: 2,
        cursor: 'pointer',
        data: bars.map(bar => ({
          value: [Date.parse(bar.at), bar.value],
          itemStyle: { color: colour(toneColours[bar.tone]) },
        })),
      },
    ],
  }
}

interface Extent {
  readonly min: number
  readonly max: number
}

function marginMs(spanMs: number): number {
  return Math.max(spanMs * 0.03, 30 * 60_000)
}

const toneColours = {
  usual: 'mark',
  good: 'good',
  warn: 'warn',
  bad: 'bad',
} as const satisfies Record<Bar['tone'], string>
