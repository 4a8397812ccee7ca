import { expect, test } from 'vitest'
import { type CvssVersion, metricsOf } from './cvss.ts'

const cases: { version: CvssVersion; vector: string; words: string[] }[] = [
  {
    version: 3,
    vector: 'CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:L/A:N',
    words: [
      'Attack vector: network',
      'Attack complexity: low',
      'Privileges required: none',
      'User interaction: required',
      'Scope: changed',
      'Confidentiality: high',
      'Integrity: low',
      'Availability: none',
    ],
  },
  { version: 3, vector: 'AV:P/E:F', words: ['Attack vector: physical', 'Exploit code maturity: functional'] },
  {
    version: 2,
    vector: 'CVSS2#AV:N/AC:M/Au:S/C:P',
    words: [
      'Access vector: network',
      'Access complexity: medium',
      'Authentication: single',
      'Confidentiality: partial',
    ],
  },
  {
    version: 4,
    vector: 'CVSS:4.0/AV:A/AT:P/UI:P/VC:H/SI:S',
    words: [
      'Attack vector: adjacent network',
      'Attack requirements: present',
      'User interaction: passive',
      'Confidentiality: high',
      'Integrity beyond: safety',
    ],
  },
  { version: 3, vector: 'AV:Q/ZZ:1/__proto__:x', words: ['Attack vector: Q', 'ZZ: 1', '__proto__: x'] },
  { version: 3, vector: '', words: [] },
]

for (const { version, vector, words } of cases) {
  test(`${vector || 'nothing'} in words`, () => {
    expect(metricsOf(vector, version).map(metric => `${metric.name}: ${metric.value}`)).toEqual(words)
  })
}
