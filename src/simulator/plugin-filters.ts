import { badRequest } from './answer.ts'
import type { Estate } from './estate.ts'
import type { Plugin } from './plugin-catalogue.ts'
import { booleanOf, integersOf, type RequestObject, textOf, textsOf } from './request-body.ts'
import { readRange } from './score-range.ts'

type PluginTest = (plugin: Plugin) => boolean

/** Filters that look at the plugin alone: answered once per plugin. */
export function readPluginTests(request: RequestObject): {
  test: PluginTest | undefined
  echo: Record<string, unknown>
} {
  const tests: PluginTest[] = []
  const echo: Record<string, unknown> = {}
  const ids = integersOf(request, 'plugin_id')
  if (ids !== undefined) {
    const wanted = new Set(ids)
    tests.push(plugin => wanted.has(plugin.id))
    echo.plugin_ids = ids
  }
  const lists: readonly (readonly [string, (plugin: Plugin) => readonly string[], (text: string) => string])[] = [
    ['plugin_family', plugin => [plugin.family], same],
    ['cve_id', plugin => plugin.cves, same],
    ['cve_category', plugin => plugin.categories, text => text.replaceAll('_', ' ')],
    ['exploit_maturity', plugin => [lower(plugin.exploitMaturity)], text => text.toLowerCase()],
    [
      'vpr_threat_intensity',
      plugin => [lower(plugin.threatIntensity).replaceAll('_', ' ')],
      text => text.toLowerCase(),
    ],
    ['weaponization', plugin => plugin.weapons, text => text.toLowerCase()],
  ]
  for (const [name, valuesOf, fold] of lists) {
    const asked = textsOf(request, name)
    if (asked === undefined) continue
    if (name === 'cve_id' && asked.length > 200)
      throw badRequest('child "cve_id" fails because ["cve_id" must contain less than or equal to 200 items]')
    const wanted = new Set(asked.map(fold))
    tests.push(plugin => valuesOf(plugin).some(value => wanted.has(value)))
    echo[name] = name === 'cve_category' ? asked.map(text => text.replaceAll(' ', '_')) : asked
  }
  const type = textOf(request, 'plugin_type')
  if (type !== undefined) {
    tests.push(plugin => plugin.type === type.toLowerCase())
    echo.plugin_type = type
  }
  const scores: readonly (readonly [string, (plugin: Plugin) => number | undefined])[] = [
    ['vpr_score', plugin => plugin.vpr],
    ['vpr_v2_score', plugin => plugin.vprV2],
    ['cvss4_base_score', plugin => plugin.cvss4],
    ['epss_score', plugin => plugin.epss],
  ]
  for (const [name, scoreOf] of scores) {
    const range = readRange(request, name)
    if (range === undefined) continue
    tests.push(plugin => {
      const score = scoreOf(plugin)
      return score !== undefined && range.test(score)
    })
    echo[name] = range.asked
  }
  const zeroDay = booleanOf(request, 'zero_day')
  if (zeroDay !== undefined) {
    tests.push(plugin => (plugin.cves.length > 0 && plugin.hash % 211 === 0) === zeroDay)
    echo.zero_day = zeroDay
  }
  return { test: tests.length === 0 ? undefined : plugin => tests.every(test => test(plugin)), echo }
}

export function pluginMask(estate: Estate, test: PluginTest): Uint8Array {
  return Uint8Array.from({ length: estate.plugins.size }, (_, index) => (test(estate.plugins.at(index)) ? 1 : 0))
}

function same(text: string): string {
  return text
}

function lower(text: string | undefined): string {
  return (text ?? '').toLowerCase()
}
