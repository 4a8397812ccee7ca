import type { ReactNode } from 'react'
import type { JsonObject } from '../../../domain/json.ts'
import { Folded, Section } from '../../components/details-panel.tsx'
import { type Fact, Facts } from '../../components/facts.tsx'
import { OutsideName, OutsideText } from '../../components/outside-text.tsx'
import { chance, score } from '../../lib/format.ts'

/** Names of the vendor's drivers in words; one that is not here is told by its own name. */
const names: Readonly<Record<string, string>> = {
  age_of_vuln: 'Age of the vulnerability',
  exploit_code_maturity: 'Exploit code maturity',
  cvss3_impact_score: 'CVSS v3 impact',
  cvss_impact_score_predicted: 'Impact is predicted',
  threat_intensity_last28: 'Threat intensity, 28 days',
  threat_sources_last28: 'Threat sources, 28 days',
  threat_recency: 'Last threat event',
  product_coverage: 'Product coverage',
  vpr_percentile: 'Percentile',
  vpr_severity: 'Severity',
  exploit_probability: 'Probability of exploitation',
  cve_id: 'CVE',
  on_cisa_kev: 'In CISA’s catalogue',
  exploit_chain: 'Exploit chain',
  in_the_news_intensity_last30: 'In the news, 30 days',
  in_the_news_recency: 'Last in the news',
  in_the_news_sources_last30: 'News sources, 30 days',
  malware_observations_intensity_last30: 'Malware observed, 30 days',
  malware_observations_recency: 'Malware last observed',
  targeted_industries: 'Industries aimed at',
  targeted_regions: 'Regions aimed at',
}

interface VprDriversProps {
  readonly title: string
  readonly scored: number | null
  /** As the source sent it. */
  readonly vpr: JsonObject | null
}

/** What a VPR is made of, in words; and the object as it was sent. */
export function VprDrivers({ title, scored, vpr }: VprDriversProps) {
  if (vpr === null) return null
  const { score: _score, updated: _updated, drivers, ...flat } = vpr
  const told = isObject(drivers) ? drivers : flat
  const facts = Object.entries(told).flatMap(([key, value]): Fact[] => {
    const text = wordsOf(key, value)
    return text === null ? [] : [[names[key] ?? key.replaceAll('_', ' '), text]]
  })
  return (
    <Section title={title}>
      <Facts facts={[['Score', scored === null ? null : score(scored)], ...facts]} />
      <Folded title="As the source sent it">
        <OutsideText label={title} text={JSON.stringify(vpr, null, 2)} />
      </Folded>
    </Section>
  )
}

function wordsOf(key: string, value: unknown): ReactNode {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return key === 'exploit_probability' ? chance(value) : String(value)
  if (typeof value === 'string') return <OutsideName text={/^[A-Z_]+$/.test(value) ? spoken(value) : value} />
  if (Array.isArray(value)) return value.length === 0 ? 'none' : <OutsideName text={value.map(String).join(', ')} />
  return isObject(value) ? daysOf(value) : null
}

/** `{lower_bound, upper_bound}` in days; the top bucket has no upper one. */
function daysOf(bounds: JsonObject): ReactNode {
  const { lower_bound: low, upper_bound: high } = bounds
  if (typeof low === 'number') return typeof high === 'number' ? `${low} to ${high} days` : `${low} days or more`
  return <OutsideName text={JSON.stringify(bounds)} />
}

function spoken(constant: string): string {
  return constant.toLowerCase().replaceAll('_', ' ')
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
