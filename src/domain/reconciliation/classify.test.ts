import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assetStatuses } from '../asset.ts'
import { endCauses, findingStates, severityModifications } from '../finding.ts'
import { everything } from '../scope.ts'
import { severities } from '../severity.ts'
import {
  type Candidate,
  classify,
  classifyCount,
  type DifferenceCause,
  differenceCauses,
  differenceKinds,
  explain,
  type FindingFacts,
  type MachineFacts,
  machineCause,
  openCauses,
  type Picture,
  type Witness,
} from './index.ts'

const day = (n: number) => new Date(Date.UTC(2026, 9, 1) + n * 86_400_000).toISOString()

function seen(facts: Partial<Witness> = {}): Witness {
  return {
    state: 'open',
    severity: 'high',
    defaultSeverity: 'high',
    modification: 'none',
    modificationReason: null,
    firstFound: day(-20),
    lastFound: day(5),
    lastFixed: null,
    resurfacedAt: null,
    endedAt: null,
    endCause: null,
    severityChangedAt: null,
    ...facts,
  }
}

function onMachine(facts: Partial<MachineFacts> = {}): MachineFacts {
  const known = { isLicensed: true, isTracked: true, isOutOfScope: false, networkId: 'n1', firstSeen: day(-20) }
  return { assetId: 1, status: 'live', ...known, ...facts }
}

const candidate: Candidate = { assetId: 9, name: 'web', status: 'live', shared: ['web'] }

function difference(facts: Partial<FindingFacts>): FindingFacts {
  const none = {
    files: null,
    api: null,
    filesMachineAt: null,
    candidate: null,
    rejected: null,
    isReadSinceFull: true,
    fading: null,
    wasTiming: false,
  }
  return {
    kind: 'only_api',
    filesMachine: onMachine({ networkId: null, isLicensed: null, isTracked: null }),
    apiMachine: onMachine(),
    cvss: { v2: null, v3: null },
    ...none,
    ...facts,
  }
}

const picture: Picture = {
  files: { at: day(7), severities: ['low', 'medium', 'high', 'critical'], isWindowed: true, networks: ['n1'] },
  api: { at: day(8), fullAt: day(1), graceMs: 3_600_000, scope: everything },
  previous: null,
}
const limited = (scope: Partial<Picture['api']['scope']>): Picture => ({
  ...picture,
  api: { ...picture.api, scope: { ...everything, ...scope } },
})

const cases: readonly {
  readonly name: string
  readonly cause: DifferenceCause
  readonly facts: Partial<FindingFacts>
  readonly picture?: Picture
}[] = [
  {
    name: 'an asset without a licence',
    cause: 'licensed',
    facts: { api: seen(), apiMachine: onMachine({ isLicensed: false }) },
  },
  {
    name: 'an asset that gets a new id at each scan',
    cause: 'licensed',
    facts: { api: seen(), apiMachine: onMachine({ isTracked: false }) },
  },
  { name: 'what is informational, where files show none', cause: 'info', facts: { api: seen({ severity: 'info' }) } },
  {
    name: 'a severity that was not exported',
    cause: 'scope',
    facts: { api: seen({ severity: 'low' }) },
    picture: { ...picture, files: { ...picture.files, severities: ['critical', 'high'] } },
  },
  { name: 'what was found last before the window', cause: 'window', facts: { api: seen({ lastFound: day(-24) }) } },
  {
    name: 'the same where the files show older findings',
    cause: 'missing',
    facts: { api: seen({ lastFound: day(-24) }) },
    picture: { ...picture, files: { ...picture.files, isWindowed: false } },
  },
  {
    name: 'an accepted risk that the files leave out',
    cause: 'recast',
    facts: { api: seen({ modification: 'accepted' }) },
  },
  { name: 'what opened after the file', cause: 'timing', facts: { api: seen({ firstFound: day(7.5) }) } },
  {
    name: 'what came back after the file',
    cause: 'timing',
    facts: { api: seen({ state: 'reopened', resurfacedAt: day(7.5) }) },
  },
  {
    name: 'what the latest file that names the machine could not show',
    cause: 'timing',
    facts: { api: seen({ firstFound: day(3) }), filesMachineAt: day(1) },
  },
  {
    name: 'what the files call fixed',
    cause: 'state',
    facts: { api: seen(), files: seen({ state: 'fixed', lastFixed: day(2) }) },
  },
  {
    name: 'a machine of a network that no file covers',
    cause: 'scope',
    facts: { api: seen({ severity: 'info' }), filesMachine: null, apiMachine: onMachine({ networkId: 'n2' }) },
  },
  {
    name: 'a machine that the files know by another record',
    cause: 'identity',
    facts: { api: seen(), filesMachine: null, candidate },
  },
  {
    name: 'a row of the file that could not be read',
    cause: 'rejected',
    facts: { api: seen(), rejected: { rejectedId: 1, runId: 2, reason: 'Row 7' } },
  },
  { name: 'what nothing explains', cause: 'missing', facts: { api: seen() } },
  { name: 'what the last full run has missed', cause: 'state', facts: { api: seen(), fading: 'unconfirmed' } },
  { name: 'what a held sweep would end', cause: 'state', facts: { api: seen(), fading: 'held' } },
  { name: 'what only a full run can end', cause: 'timing', facts: { api: seen(), isReadSinceFull: false } },
  {
    name: 'the same after the next full run',
    cause: 'missing',
    facts: { api: seen(), isReadSinceFull: false, wasTiming: true },
    picture: { ...picture, previous: { filesAt: day(1), apiAt: day(1), fullAt: day(0) } },
  },

  {
    name: 'what the API calls fixed',
    cause: 'state',
    facts: { kind: 'only_files', files: seen(), api: seen({ state: 'fixed', lastFixed: day(5) }) },
  },
  {
    name: 'what was fixed after the file',
    cause: 'timing',
    facts: { kind: 'only_files', files: seen(), api: seen({ state: 'fixed', lastFixed: day(7.5) }) },
  },
  {
    name: 'what the API no longer tells of',
    cause: 'state',
    facts: { kind: 'only_files', files: seen(), api: seen({ endedAt: day(3), endCause: 'withdrawn' }) },
  },
  {
    name: 'an asset that is deleted',
    cause: 'state',
    facts: { kind: 'only_files', files: seen(), apiMachine: onMachine({ status: 'deleted' }) },
  },
  {
    name: 'an asset that is deleted under another record',
    cause: 'state',
    facts: { kind: 'only_files', files: seen(), apiMachine: null, candidate: { ...candidate, status: 'deleted' } },
  },
  {
    name: 'what is outside the scope by its mark',
    cause: 'scope',
    facts: { kind: 'only_files', files: seen(), api: seen({ endedAt: day(3), endCause: 'out_of_scope' }) },
  },
  {
    name: 'a severity outside the scope of the API source',
    cause: 'scope',
    facts: { kind: 'only_files', files: seen({ severity: 'low' }) },
    picture: limited({ severities: ['critical'] }),
  },
  {
    name: 'info outside the scope of the API source',
    cause: 'info',
    facts: { kind: 'only_files', files: seen({ severity: 'info' }) },
    picture: limited({ severities: ['critical', 'high'] }),
  },
  {
    name: 'a machine that an API source with networks does not know',
    cause: 'scope',
    facts: { kind: 'only_files', files: seen(), apiMachine: null },
    picture: limited({ networks: ['n1'] }),
  },
  {
    name: 'a machine that the API knows by another record',
    cause: 'identity',
    facts: { kind: 'only_files', files: seen(), apiMachine: null, candidate },
  },
  {
    name: 'what a file saw after the API was read',
    cause: 'timing',
    facts: { kind: 'only_files', files: seen({ firstFound: day(8.5) }) },
  },
  {
    name: 'what may not have been indexed',
    cause: 'timing',
    facts: { kind: 'only_files', files: seen({ firstFound: day(7.99) }) },
  },
  { name: 'what the API does not know', cause: 'missing', facts: { kind: 'only_files', files: seen() } },

  {
    name: 'a severity recast at the source',
    cause: 'recast',
    facts: { kind: 'severity', files: seen(), api: seen({ severity: 'low', modification: 'recasted' }) },
  },
  {
    name: 'a severity recast after the file',
    cause: 'timing',
    facts: {
      kind: 'severity',
      files: seen(),
      api: seen({ severity: 'low', modification: 'recasted', severityChangedAt: day(7.5) }),
    },
  },
  {
    name: 'the plugin’s own severity in the file',
    cause: 'recast',
    facts: { kind: 'severity', files: seen({ defaultSeverity: null }), api: seen({ severity: 'low' }) },
  },
  {
    name: 'severities of different scores',
    cause: 'recast',
    facts: {
      kind: 'severity',
      files: seen({ severity: 'critical', defaultSeverity: null }),
      api: seen(),
      cvss: { v2: 7.5, v3: 9.8 },
    },
  },
  {
    name: 'severities that nothing explains',
    cause: 'unexplained',
    facts: { kind: 'severity', files: seen({ severity: 'low', defaultSeverity: null }), api: seen() },
  },
  {
    name: 'found again, says one',
    cause: 'state',
    facts: { kind: 'state', files: seen(), api: seen({ state: 'reopened', resurfacedAt: day(2) }) },
  },
  {
    name: 'found again after the file, says the API',
    cause: 'timing',
    facts: { kind: 'state', files: seen(), api: seen({ state: 'reopened', resurfacedAt: day(7.5) }) },
  },
]

describe('the cause of a difference', () => {
  for (const { name, cause, facts, picture: of = picture } of cases) {
    test(`${name}: ${cause}`, () => expect(classify(difference(facts), of).cause).toBe(cause))
  }
})

const instants = fc.option(fc.integer({ min: -60, max: 20 }).map(day), { nil: null })
const witnesses: fc.Arbitrary<Witness> = fc.record({
  state: fc.constantFrom(...findingStates),
  severity: fc.constantFrom(...severities),
  defaultSeverity: fc.option(fc.constantFrom(...severities), { nil: null }),
  modification: fc.constantFrom(...severityModifications),
  modificationReason: fc.option(fc.string(), { nil: null }),
  firstFound: instants,
  lastFound: instants,
  lastFixed: instants,
  resurfacedAt: instants,
  endedAt: instants,
  endCause: fc.option(fc.constantFrom(...endCauses), { nil: null }),
  severityChangedAt: instants,
})
const machines: fc.Arbitrary<MachineFacts> = fc.record({
  assetId: fc.nat(),
  status: fc.constantFrom(...assetStatuses),
  isLicensed: fc.option(fc.boolean(), { nil: null }),
  isTracked: fc.option(fc.boolean(), { nil: null }),
  isOutOfScope: fc.boolean(),
  networkId: fc.option(fc.constantFrom('n1', 'n2'), { nil: null }),
  firstSeen: instants,
})
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null })
const anyFacts: fc.Arbitrary<FindingFacts> = fc.record({
  kind: fc.constantFrom(...differenceKinds),
  files: maybe(witnesses),
  api: maybe(witnesses),
  filesMachine: maybe(machines),
  apiMachine: maybe(machines),
  filesMachineAt: instants,
  candidate: maybe(
    fc.record({
      assetId: fc.nat(),
      name: fc.string(),
      status: fc.constantFrom(...assetStatuses),
      shared: fc.array(fc.string()),
    }),
  ),
  rejected: maybe(fc.record({ rejectedId: fc.nat(), runId: fc.nat(), reason: fc.string() })),
  cvss: fc.record({
    v2: maybe(fc.double({ min: 0, max: 10, noNaN: true })),
    v3: maybe(fc.double({ min: 0, max: 10, noNaN: true })),
  }),
  fading: maybe(fc.constantFrom('unconfirmed' as const, 'held' as const)),
  isReadSinceFull: fc.boolean(),
  wasTiming: fc.boolean(),
})
const moments = fc.integer({ min: -10, max: 10 }).map(day)
const anyPicture: fc.Arbitrary<Picture> = fc.record({
  files: fc.record({
    at: moments,
    severities: fc.subarray([...severities]),
    isWindowed: fc.boolean(),
    networks: maybe(fc.subarray(['n1', 'n2'])),
  }),
  api: fc.record({
    at: moments,
    fullAt: maybe(moments),
    graceMs: fc.constantFrom(0, 3_600_000),
    scope: fc.record({
      tags: fc.constantFrom([], [{ key: 'Env', value: 'Prod' }]),
      networks: fc.subarray(['n1', 'n2']),
      severities: fc.subarray([...severities]),
    }),
  }),
  previous: maybe(fc.record({ filesAt: moments, apiAt: moments, fullAt: maybe(moments) })),
})

describe('whatever the facts', () => {
  test('there is one cause, evidence that JSON can hold, and a sentence', () => {
    fc.assert(
      fc.property(anyFacts, anyPicture, (facts, of) => {
        const { cause, evidence } = classify(facts, of)
        expect(differenceCauses).toContain(cause)
        expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence)
        expect(explain(cause, evidence)).toMatch(/^[A-Z0-9]/)
        expect(explain(cause, evidence)).not.toContain('undefined')
        expect(classify(facts, of)).toEqual({ cause, evidence })
      }),
    )
  })

  test('once both sides are read past everything that happened, nothing is a matter of time any more', () => {
    fc.assert(
      fc.property(anyFacts, anyPicture, (facts, of) => {
        const later: Picture = {
          files: { ...of.files, at: day(30) },
          api: { ...of.api, at: day(30), fullAt: day(30), graceMs: 0 },
          previous: { filesAt: of.files.at, apiAt: of.api.at, fullAt: of.api.fullAt },
        }
        expect(classify({ ...facts, wasTiming: true }, later).cause).not.toBe('timing')
      }),
    )
  })

  test('a grace is given once: when the side that lacked it was read since, it has another cause', () => {
    fc.assert(
      fc.property(anyFacts, anyPicture, (facts, of) => {
        const now = classify({ ...facts, wasTiming: false }, of)
        if (now.cause !== 'timing') return
        const happenedAt = Date.parse(String(now.evidence.happened_at))
        const readPast = (at: string) => new Date(Math.max(happenedAt, Date.parse(at)) + 60_000).toISOString()
        const next: Picture = {
          files: { ...of.files, at: readPast(of.files.at) },
          api: { ...of.api, at: readPast(of.api.at), fullAt: readPast(of.api.at) },
          previous: { filesAt: of.files.at, apiAt: of.api.at, fullAt: of.api.fullAt },
        }
        const then = classify({ ...facts, wasTiming: true }, next)
        // Something else, that happened later still, may be the matter.
        if (then.cause === 'timing') expect(Date.parse(String(then.evidence.happened_at))).toBeGreaterThan(happenedAt)
      }),
    )
  })

  test('what both the files and the API know is never missing', () => {
    fc.assert(
      fc.property(anyFacts, anyPicture, (facts, of) => {
        fc.pre(facts.files !== null && facts.api !== null && facts.kind !== 'severity')
        const lacking = facts.kind === 'only_api' ? facts.files! : facts.api!
        fc.pre(facts.kind === 'state' || lacking.state === 'fixed' || lacking.endedAt !== null)
        fc.pre(lacking.endCause !== 'out_of_scope')
        expect(openCauses).not.toContain(classify(facts, of).cause)
      }),
    )
  })
})

test('a machine is as well explained as the worst explained of its findings', () => {
  expect(machineCause({ info: 20, window: 3 }).cause).toBe('window')
  expect(machineCause({ info: 20, missing: 1 })).toEqual({
    cause: 'missing',
    evidence: { findings: { info: 20, missing: 1 } },
  })
  expect(machineCause({}).cause).toBe('unexplained')
  expect(explain('window', machineCause({ info: 20, window: 3 }).evidence)).toContain('3 outside the 30 days')
})

describe('the source’s own count', () => {
  const of = { countedAt: day(9), mirrorAt: day(8), previousMirrorAt: null, scope: everything }
  const facts = { severity: 'high' as const, source: 5, mirror: 3, rejected: 0, wasTiming: false }
  const counted = [
    { name: 'counted after the mirror was read', facts, of, cause: 'timing' },
    {
      name: 'still so after the next reading',
      facts: { ...facts, wasTiming: true },
      of: { ...of, mirrorAt: day(8.5), previousMirrorAt: day(8) },
      cause: 'missing',
    },
    {
      name: 'the mirror keeps more after the next reading',
      facts: { ...facts, source: 1, wasTiming: true },
      of: { ...of, mirrorAt: day(8.5), previousMirrorAt: day(8) },
      cause: 'unexplained',
    },
    {
      name: 'not read since',
      facts: { ...facts, wasTiming: true },
      of: { ...of, previousMirrorAt: day(8) },
      cause: 'timing',
    },
    { name: 'records that could not be read', facts: { ...facts, rejected: 2 }, of, cause: 'rejected' },
    {
      name: 'a severity out of scope',
      facts,
      of: { ...of, scope: { ...everything, severities: ['low'] } },
      cause: 'scope',
    },
    { name: 'a part of the networks', facts, of: { ...of, scope: { ...everything, networks: ['n'] } }, cause: 'scope' },
  ] as const
  for (const one of counted)
    test(`${one.name}: ${one.cause}`, () => {
      const { cause, evidence } = classifyCount(one.facts, one.of)
      expect(cause).toBe(one.cause)
      expect(explain(cause, evidence)).toMatch(/The source counts \d, the mirror \d\.$/)
    })
})
