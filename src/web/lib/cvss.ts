/** One metric of a CVSS vector, in words. */
export interface CvssMetric {
  /** As the vector has it: `AV:N`. */
  readonly code: string
  readonly name: string
  readonly value: string
  /** What the metric asks. */
  readonly about: string
}

interface Metric {
  readonly name: string
  readonly about: string
  readonly values: Readonly<Record<string, string>>
}

const impact = { N: 'none', L: 'low', H: 'high' }
const impact2 = { N: 'none', P: 'partial', C: 'complete' }
const confidence = { X: 'not defined', U: 'unknown', R: 'reasonable', C: 'confirmed' }
const remediation = { X: 'not defined', U: 'unavailable', W: 'workaround', T: 'temporary fix', O: 'official fix' }
const maturity = { X: 'not defined', U: 'unproven', P: 'proof of concept', F: 'functional', H: 'high' }

const version3: Readonly<Record<string, Metric>> = {
  AV: {
    name: 'Attack vector',
    about: 'From where the attacker can reach it',
    values: { N: 'network', A: 'adjacent network', L: 'local', P: 'physical' },
  },
  AC: {
    name: 'Attack complexity',
    about: 'What must be true beyond the attacker’s control',
    values: { L: 'low', H: 'high' },
  },
  PR: { name: 'Privileges required', about: 'What the attacker must hold first', values: impact },
  UI: { name: 'User interaction', about: 'Whether somebody else must take part', values: { N: 'none', R: 'required' } },
  S: {
    name: 'Scope',
    about: 'Whether it reaches beyond what is vulnerable itself',
    values: { U: 'unchanged', C: 'changed' },
  },
  C: { name: 'Confidentiality', about: 'What may be read', values: impact },
  I: { name: 'Integrity', about: 'What may be changed', values: impact },
  A: { name: 'Availability', about: 'What may be stopped', values: impact },
  E: { name: 'Exploit code maturity', about: 'How far exploits are', values: maturity },
  RL: { name: 'Remediation level', about: 'Whether there is a remedy', values: remediation },
  RC: { name: 'Report confidence', about: 'How sure the report is', values: confidence },
}

const version2: Readonly<Record<string, Metric>> = {
  AV: {
    name: 'Access vector',
    about: 'From where the attacker can reach it',
    values: { N: 'network', A: 'adjacent network', L: 'local' },
  },
  AC: {
    name: 'Access complexity',
    about: 'How hard it is once reached',
    values: { L: 'low', M: 'medium', H: 'high' },
  },
  Au: {
    name: 'Authentication',
    about: 'How often the attacker must sign in',
    values: { N: 'none', S: 'single', M: 'multiple' },
  },
  C: { name: 'Confidentiality', about: 'What may be read', values: impact2 },
  I: { name: 'Integrity', about: 'What may be changed', values: impact2 },
  A: { name: 'Availability', about: 'What may be stopped', values: impact2 },
  E: {
    name: 'Exploitability',
    about: 'How far exploits are',
    values: { U: 'unproven', POC: 'proof of concept', F: 'functional', H: 'high', ND: 'not defined' },
  },
  RL: {
    name: 'Remediation level',
    about: 'Whether there is a remedy',
    values: { OF: 'official fix', TF: 'temporary fix', W: 'workaround', U: 'unavailable', ND: 'not defined' },
  },
  RC: {
    name: 'Report confidence',
    about: 'How sure the report is',
    values: { UC: 'unconfirmed', UR: 'uncorroborated', C: 'confirmed', ND: 'not defined' },
  },
}

const version4: Readonly<Record<string, Metric>> = {
  AV: version3.AV!,
  AC: version3.AC!,
  AT: {
    name: 'Attack requirements',
    about: 'What the vulnerable system must be like',
    values: { N: 'none', P: 'present' },
  },
  PR: version3.PR!,
  UI: {
    name: 'User interaction',
    about: 'Whether somebody else must take part',
    values: { N: 'none', P: 'passive', A: 'active' },
  },
  VC: { name: 'Confidentiality', about: 'What may be read of the vulnerable system', values: impact },
  VI: { name: 'Integrity', about: 'What may be changed of the vulnerable system', values: impact },
  VA: { name: 'Availability', about: 'What may be stopped of the vulnerable system', values: impact },
  SC: { name: 'Confidentiality beyond', about: 'What may be read of systems behind it', values: impact },
  SI: {
    name: 'Integrity beyond',
    about: 'What may be changed of systems behind it',
    values: { ...impact, S: 'safety' },
  },
  SA: {
    name: 'Availability beyond',
    about: 'What may be stopped of systems behind it',
    values: { ...impact, S: 'safety' },
  },
  E: {
    name: 'Exploit maturity',
    about: 'How far exploits are',
    values: { X: 'not defined', A: 'attacked', P: 'proof of concept', U: 'unreported' },
  },
}

const versions = { 2: version2, 3: version3, 4: version4 } as const
export type CvssVersion = keyof typeof versions

/** What is not known of a version is told as it stands, so that nothing of the vector is lost. */
export function metricsOf(vector: string, version: CvssVersion): readonly CvssMetric[] {
  const known = versions[version]
  return vector
    .replace(/^\(|\)$/g, '')
    .replace(/^CVSS2?#/, '')
    .split('/')
    .filter(part => part !== '' && !part.startsWith('CVSS:'))
    .map(code => {
      const [key = '', value = ''] = code.split(':', 2)
      const metric = Object.hasOwn(known, key) ? known[key] : undefined
      const meant = metric && Object.hasOwn(metric.values, value) ? metric.values[value] : undefined
      return {
        code,
        name: metric?.name ?? key,
        value: meant ?? value,
        about: metric?.about ?? 'Not a metric of the base or temporal score',
      }
    })
}
