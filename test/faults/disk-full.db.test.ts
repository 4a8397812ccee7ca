import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runOnSmallDisk } from './small-disk.ts'

interface Seen {
  readonly full: { readonly code: number; readonly said: string; readonly leftMb: number }
  readonly again: { readonly code: number; readonly said: string }
  readonly verified: { readonly code: number; readonly said: string }
  readonly mirror: { readonly total: number; readonly checksum: string }
  readonly truth: { readonly total: number; readonly checksum: string }
}

test('a full disk is named, and with room again the next sync is equal (needs root or user namespaces, to mount a small disk)', async () => {
  const seen = JSON.parse(await runOnSmallDisk(260, join(import.meta.dirname, 'disk-full.fixture.ts'))) as Seen
  expect(seen.full.code).not.toBe(0)
  expect(seen.full.said).toContain("The database's disk is full")
  expect(seen.full.said).toContain('disk_full')
  expect(seen.again).toMatchObject({ code: 0 })
  expect(seen.mirror).toEqual(seen.truth)
  expect(seen.verified).toMatchObject({ code: 0 })
}, 300_000)
