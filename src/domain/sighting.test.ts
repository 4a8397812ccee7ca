import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aFinding } from '../../test/support/make.ts'
import { type HeldFinding, sighted } from './sighting.ts'

const at = (day: number) => new Date(Date.UTC(2026, 0, day)).toISOString()
const sighting = (day: number) =>
  aFinding({ versionAt: at(day), lastFound: at(day), lastFixed: null, resurfacedAt: null })
const heldOf = (finding: ReturnType<typeof aFinding>): HeldFinding => {
  const { state, firstFound, lastFixed, resurfacedAt, versionAt = null } = finding
  return { state, firstFound, lastFixed, resurfacedAt, versionAt }
}

test('what nobody has seen before is open since it is seen', () => {
  expect(sighted(sighting(3), undefined)).toMatchObject({
    state: 'open',
    firstFound: at(3),
    lastFound: at(3),
    lastFixed: null,
  })
})

test('what was fixed and is seen again is reopened, and keeps when it was first seen and when it was fixed', () => {
  const fixed: HeldFinding = {
    state: 'fixed',
    firstFound: at(1),
    lastFixed: at(4),
    resurfacedAt: null,
    versionAt: at(4),
  }
  expect(sighted(sighting(6), fixed)).toMatchObject({
    state: 'reopened',
    firstFound: at(1),
    lastFound: at(6),
    lastFixed: at(4),
    resurfacedAt: at(6),
  })
  expect(sighted(sighting(3), fixed), 'it was seen before it was fixed').toBeUndefined()
})

test('a sighting that is read again changes nothing, however the database spells its times', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 28 }), { minLength: 1 }), days => {
      let held: HeldFinding | undefined
      for (const day of days.toSorted((a, b) => a - b)) held = heldOf(sighted(sighting(day), held)!)
      const last = Math.max(...days)
      const spelt = {
        ...held!,
        firstFound: held!.firstFound!.replace('.000Z', 'Z'),
        versionAt: held!.versionAt!.replace('.000Z', 'Z'),
      }
      const again = sighted(sighting(last), spelt)!
      expect(heldOf(again)).toEqual(held)
      expect(again).toMatchObject({ state: 'open', firstFound: at(Math.min(...days)), lastFound: at(last) })
    }),
  )
})
