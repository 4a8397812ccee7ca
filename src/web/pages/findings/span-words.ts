import type { PluginHistory } from '../../../contract/vulnerabilities.ts'

type Span = PluginHistory['lanes'][number]['spans'][number]

/** `open from 2 Nov 2026 to 9 Nov 2026` */
export function stateWords({ state, from, to }: Span): string {
  return `${state} from ${day(from)}${to === null ? '' : ` to ${day(to)}`}`
}

function day(instant: string): string {
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' }).format(
    Date.parse(instant),
  )
}
