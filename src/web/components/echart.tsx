import { useComputedColorScheme } from '@mantine/core'
import { type EChartsCoreOption, type EChartsType, init } from 'echarts/core'
import { useEffect, useRef } from 'react'

/** Colours of the theme that is on, and whether nothing may move. */
export interface ChartLook {
  readonly colour: (name: string) => string
  readonly text: { readonly color: string; readonly fontFamily: string }
  readonly isStill: boolean
}

interface EchartProps {
  readonly optionOf: (look: ChartLook) => EChartsCoreOption
  /** Called with what a click was on. */
  readonly onOpen?: (event: { readonly name: string; readonly data: unknown }) => void
}

/** A chart as SVG, drawn again when its data or the theme change. A table beside it is its description and its keyboard. */
export function Echart({ optionOf, onOpen }: EchartProps) {
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
    drawn.on('click', event => open.current?.({ name: event.name, data: event.data }))
    const observer = new ResizeObserver(() => drawn.resize())
    observer.observe(frame.current)
    return () => {
      observer.disconnect()
      drawn.dispose()
    }
  }, [])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read from the theme that is on
  useEffect(() => {
    if (frame.current !== null) chart.current?.setOption(optionOf(lookOf(frame.current)), true)
  }, [optionOf, scheme])

  return <div ref={frame} style={{ height: '100%' }} />
}

function lookOf(frame: HTMLElement): ChartLook {
  const style = getComputedStyle(frame)
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim()
  return {
    colour,
    text: { color: colour('mantine-color-text'), fontFamily: style.fontFamily },
    isStill: window.matchMedia('(prefers-reduced-motion: reduce)').matches,
  }
}
