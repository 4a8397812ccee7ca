import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Step, steps } from './killing.ts'
import { makeTemplate, playRound, type Round } from './round.ts'

// 60 full syncs killed with -9, ten at each step, PostgreSQL with a third of them. TENFOLD_KILLS asks for more.

const rounds = Number(process.env.TENFOLD_KILLS ?? 60)
const names = Object.keys(steps) as Step[]

let template: Awaited<ReturnType<typeof makeTemplate>>
beforeAll(async () => {
  template = await makeTemplate()
})
afterAll(() => template.remove())

test(`${rounds} syncs killed with -9 converge to the truth`, async () => {
  const played: Round[] = []
  for (let index = 0; index < rounds; index++) {
    const step = names[index % names.length]!
    const turn = Math.floor(index / names.length)
    const occurrence = ['read', 'merge', 'poll'].includes(step) ? 1 + (turn % 4) : 1
    const killing = { step, occurrence, delayMs: (turn * 7) % 40, withPostgres: (index + turn) % 3 === 0 }
    const round = await playRound(template.folder, killing, 1000 + index)
    played.push(round)
    const died = killing.withPostgres ? 'with PostgreSQL' : 'alone'
    console.log(
      `${index + 1}/${rounds} ${step} #${occurrence} +${killing.delayMs} ms ${died}: ${round.hit ? 'killed' : 'had ended'}, ${round.equal ? 'equal' : `DIFFERS ${round.detail}`}`,
    )
  }
  expect(played.filter(round => !round.equal)).toEqual([])
  for (const step of names) {
    const hits = played.filter(round => round.hit === step).length
    expect({ step, enough: hits >= Math.min(5, rounds / names.length / 2) }).toEqual({ step, enough: true })
  }
})
