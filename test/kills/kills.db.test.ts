import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Step } from './killing.ts'
import { makeTemplate, playRound } from './round.ts'

// A sample of the long suite: the steps after which a run is taken up differently, once each.

const sample: readonly Step[] = ['post', 'merge', 'ending', 'close']

let template: Awaited<ReturnType<typeof makeTemplate>>
beforeAll(async () => {
  template = await makeTemplate()
})
afterAll(() => template.remove())

for (const [index, step] of sample.entries()) {
  const withPostgres = index % 3 === 1
  test(`killed with -9 at ${step}${withPostgres ? ', PostgreSQL too' : ''}, the next sync ends equal to the truth`, async () => {
    const occurrence = step === 'merge' || step === 'read' ? 2 : 1
    const round = await playRound(template.folder, { step, occurrence, delayMs: 0, withPostgres }, 100 + index)
    expect(round).toMatchObject({ hit: step, equal: true, detail: '' })
  }, 300_000)
}
