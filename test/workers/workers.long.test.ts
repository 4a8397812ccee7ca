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
  { name: 'that is cut off from the database loses what it reads to the others', harm: cut },
  { name: 'that freezes is replaced, and doubles nothing when it wakes', harm: freeze },
] as const

for (const whom of ['holder', 'helper'] as const) {
  for (const { name, harm } of harms) {
    test(`a ${whom} ${name}`, async () => {
      for (let round = 0; round < 3; round++) {
        expect(await playHarm(workshop, whom, harm)).toEqual({ status: 'completed', equal: true, doubled: 0 })
      }
    })
  }
}
