import { expect } from 'vitest'
import { expectEqualToTruth, expectNothingClosedFalsely, live as liveOn, openFaultedTenant } from '../faults/tenant.ts'
import { nessusMirrorLines, nessusTruthLines, openNessusMirror } from '../support/nessus.ts'
import { mirrorLines, openScMirror, truthLines } from '../support/security-center.ts'
import type { Subject } from './subject.ts'

// One small adapter for each connector.

/** @param scale of the estate */
export async function vulnerabilityManagement(scale = 1): Promise<Subject> {
  const limits = { vulnAssetsPerChunk: 50, assetChunkSize: 100 }
  const tenant = await openFaultedTenant(limits, {}, { assets: 110 * scale, findings: 300 * scale })
  const { mirror } = tenant
  const { control } = mirror.simulator
  const rows = { method: 'GET', path: '/vulns/export/*/chunks/*' }
  return {
    mirror,
    limits,
    streams: ['assets', 'findings'],
    rows,
    slowly: { kind: 'drip', bytes: 4_000, everyMs: 20 },
    otherSizes: { vuln_chunk_size: 100, asset_chunk_size: 500, max_concurrent_exports: 1 },
    live: () => liveOn(tenant),
    addFaults: (...faults) => control.addFaults(...faults),
    clearFaults: () => control.clearFaults(),
    struck: () => struckIn(control.requests().requests),
    empty: () => {
      control.addFaults({ on: rows, do: { kind: 'body', body: 'empty-array' } })
      return () => control.clearFaults()
    },
    expectEqual: () => expectEqualToTruth(tenant),
    expectNothingClosedFalsely: () => expectNothingClosedFalsely(tenant),
    close: () => tenant.close(),
  }
}

/** @param scale of the estate */
export async function securityCenter(scale = 1): Promise<Subject> {
  const limits = { rowsPerPage: 100, pagesPerPart: 2 }
  const mirror = await openScMirror({ assets: 30 * scale, findings: 600 * scale, outputBytes: 60 }, limits)
  const { simulator, database } = mirror
  const { control } = simulator
  return {
    mirror,
    limits,
    streams: ['networks', 'assets', 'findings'],
    rows: { method: 'POST', path: '/rest/analysis' },
    slowly: { kind: 'drip', bytes: 4_000, everyMs: 10 },
    otherSizes: { page_size: 37 },
    live: () => {
      control.advance({ hours: 1, pace: still })
      control.edit('add-finding', { count: 4 })
      control.edit('fix-finding', { count: 3 })
      control.edit('resurface-finding', { count: 1 })
    },
    // The simulator adds findings under the date of an earlier scan, which a delta does not ask for.
    liveForDelta: () => {
      control.advance({ hours: 1, pace: still })
      control.edit('fix-finding', { count: 3 })
    },
    addFaults: (...faults) => control.addFaults(...faults),
    clearFaults: () => control.clearFaults(),
    struck: () => struckIn(control.requests().requests),
    empty: () => {
      simulator.hideRepositories(1, 2, 3)
      return () => simulator.hideRepositories()
    },
    expectEqual: async () => expect(await mirrorLines(database)).toEqual(truthLines(simulator)),
    expectNothingClosedFalsely: async () => {
      const { rows } = await database.query(
        "select from finding where ended_at is not null union all select from asset where status <> 'live'",
      )
      expect(rows).toEqual([])
      expectNoneFixed(await mirrorLines(database), truthLines(simulator))
    },
    close: () => mirror.close(),
  }
}

/** @param scale of the estate */
export async function nessus(scale = 1): Promise<Subject> {
  const mirror = await openNessusMirror({ machines: 8 * scale, weaknesses: 80 * scale, exportPolls: 1, isPlain: true })
  const { simulator, database } = mirror
  const { control, world } = simulator
  const third = world.addScan('A third', { ...world.scans[0]!.terms, ports: '1-1024', targets: [0, 1, 2] })
  world.run(third)
  return {
    mirror,
    limits: {},
    streams: ['scans', 'findings'],
    rows: { method: 'GET', path: '/tokens/*/download' },
    slowly: { kind: 'drip', bytes: 2_000, everyMs: 20 },
    otherSizes: { max_concurrent_exports: 1, rate_limit_requests_per_minute: 900 },
    live: () => {
      control.advance({ hours: 2 })
      world.change({ gone: 4, come: 4 })
      for (const scan of world.scans) if (scan.runs.length > 0) world.run(scan)
    },
    addFaults: (...faults) => control.addFaults(...faults),
    clearFaults: () => control.clearFaults(),
    struck: () => struckIn(control.requests().requests),
    empty: () => {
      for (const scan of world.scans) scan.isHidden = true
      return () => {
        for (const scan of world.scans) scan.isHidden = false
      }
    },
    expectEqual: async () => expect(await nessusMirrorLines(database)).toEqual(nessusTruthLines(simulator)),
    expectNothingClosedFalsely: async () => {
      const { rows } = await database.query(
        "select from finding where ended_at is not null union all select from asset where status <> 'live'",
      )
      expect(rows).toEqual([])
      expectNoneFixed(await nessusMirrorLines(database), nessusTruthLines(simulator))
    },
    close: () => mirror.close(),
  }
}

/** Only what a test edits changes in the place. */
const still = {
  reached: 0,
  assetsCreated: 0,
  assetsDeleted: 0,
  assetsTerminated: 0,
  assetsUnlicensed: 0,
  assetsRenamed: 0,
  assetsTagged: 0,
  assetsAgedOut: 0,
  recast: 0,
  accepted: 0,
  pluginsModified: 0,
  pluginsRescored: 0,
} as const

function struckIn(requests: readonly { readonly fault: string | undefined }[]): number {
  return requests.filter(({ fault }) => fault !== undefined).length
}

/**
 * Lines of findings: the key in four words, then the state. One that was fixed and is back in the place is only behind;
 * one that the place never called fixed since its last sighting here is closed falsely.
 */
function expectNoneFixed(held: readonly string[], truth: readonly string[]): void {
  const keyOf = (line: string) => line.split(' ').slice(0, 4).join(' ')
  const open = new Set(truth.filter(line => / open /.test(line)).map(keyOf))
  expect(held.filter(line => / fixed /.test(line) && open.has(keyOf(line)))).toEqual([])
}
