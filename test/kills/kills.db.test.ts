import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Step } from './killing.ts'
import { makeTemplate, playRound } from './round.ts'

// A sample of the long suite: a chunk that is merged, with PostgreSQL, and the sweep; faults and workers have kills of their own.

const sample: readonly Step[] = ['merge', 'ending']

let template: Awaited<ReturnType<typeof makeTemplate>>
beforeAll(async () => {
  template = await makeTemplate()
})
afterAll(() => template.remove())

for (const [index, step] of sample.entries()) {
  const withPostgres = step === 'merge'
  test(`killed with -9 at ${step}${withPostgres ? ', PostgreSQL too' : ''}, the next sync ends equal to the truth`, async () => {
    const occurrence = step === 'merge' || step === 'read' ? 2 : 1
    const round = await playRound(template.folder, { step, occurrence, delayMs: 0, withPostgres }, 100 + index)
    expect(round).toMatchObject({ hit: step, equal: true, detail: '' })
  }, 300_000)
}
