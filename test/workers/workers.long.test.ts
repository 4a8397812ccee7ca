import { afterAll, beforeAll, expect, test } from 'vitest'
import { cut, freeze, openWorkshop, playHarm, type Workshop } from './estate.ts'

// Everything that can happen to a process, to the one that holds the run and to one that helps; a part of it is in the
// quick suite.

let workshop: Workshop
beforeAll(async () => {
  workshop = await openWorkshop()
  await workshop.startWorkers(3)
}, 120_000)
afterAll(() => workshop.close())

const harms = [
  { name: 'a holder that is cut off from the database loses what it reads to the others', whom: 'holder', harm: cut },
  { name: 'a helper that is cut off from the database loses what it reads to the others', whom: 'helper', harm: cut },
  { name: 'a holder that freezes is replaced, and doubles nothing when it wakes', whom: 'holder', harm: freeze },
  { name: 'a helper that freezes is replaced, and doubles nothing when it wakes', whom: 'helper', harm: freeze },
] as const

for (const { name, whom, harm } of harms) {
  test(`${name}, again and again`, async () => {
    for (let round = 0; round < 3; round++) {
      expect(await playHarm(workshop, whom, harm)).toEqual({ status: 'completed', equal: true, doubled: 0 })
    }
  })
}
