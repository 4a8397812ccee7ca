import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Step } from './killing.ts'
import { steps } from './killing.ts'
import { makeTemplate, playRound } from './round.ts'

// A sample of the long suite: each step once.

let template: Awaited<ReturnType<typeof makeTemplate>>
beforeAll(async () => {
  template = await makeTemplate()
})
afterAll(() => template.remove())

for (const [index, step] of (Object.keys(steps) as Step[]).entries()) {
  const withPostgres = index % 3 === 1
  test(`killed with -9 at ${step}${withPostgres ? ', PostgreSQL too' : ''}, the next sync ends equal to the truth`, async () => {
    const occurrence = step === 'merge' || step === 'read' ? 2 : 1
    const round = await playRound(template.folder, { step, occurrence, delayMs: 5, withPostgres }, 100 + index)
    expect(round).toMatchObject({ hit: step, equal: true, detail: '' })
  }, 120_000)
}
