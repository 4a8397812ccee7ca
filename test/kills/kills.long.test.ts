import { appendFile, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Killing, type Step, steps } from './killing.ts'
import { makeTemplate, playRound, type Round } from './round.ts'

// 200 full syncs killed with -9, each step in turn and the moment at random, PostgreSQL with a third of them. TENFOLD_KILLS
// asks for another number. With TENFOLD_KILLS_FILE each round is written down there as it ends, and one that was stopped
// goes on with the rounds that are missing. TENFOLD_KILLS_AT_ONCE plays so many side by side.

const rounds = Number(process.env.TENFOLD_KILLS ?? 200)
const file = process.env.TENFOLD_KILLS_FILE
const atOnce = Number(process.env.TENFOLD_KILLS_AT_ONCE ?? 2)
const names = Object.keys(steps) as Step[]
/** Steps that come often in a run. */
const frequent: readonly Step[] = ['read', 'merge', 'poll']

interface Played extends Round {
  readonly index: number
}

let template: Awaited<ReturnType<typeof makeTemplate>>
beforeAll(async () => {
  template = await makeTemplate()
})
afterAll(() => template.remove())

async function playedBefore(): Promise<Map<number, Played>> {
  const text = file === undefined ? '' : await readFile(file, 'utf8').catch(() => '')
  const lines = text.split('\n').filter(line => line !== '')
  return new Map(lines.map(line => JSON.parse(line) as Played).map(round => [round.index, round]))
}

function killingOf(index: number): Killing {
  const step = names[index % names.length]!
  const turn = Math.floor(index / names.length)
  const occurrence = frequent.includes(step) ? 1 + (turn % 4) : 1
  // The later steps are short: a long wait would find the run at its end.
  const delayMs = frequent.includes(step) ? (turn * 7) % 40 : turn % 3
  return { step, occurrence, delayMs, withPostgres: (index + turn) % 3 === 0 }
}

function report(played: readonly Played[]): string {
  const rows = names.map(step => {
    const of = played.filter(round => round.killing.step === step)
    const killed = of.filter(round => round.hit === step)
    const withServer = killed.filter(round => round.killing.withPostgres)
    const differs = of.filter(round => !round.equal)
    return `  ${step.padEnd(8)} ${String(of.length).padStart(4)} rounds, ${String(killed.length).padStart(4)} killed (${withServer.length} with PostgreSQL), ${differs.length} differ`
  })
  return [`${played.length} of ${rounds} syncs killed:`, ...rows].join('\n')
}

test(`${rounds} syncs killed with -9 converge to the truth`, async () => {
  const played = [...(await playedBefore()).values()]
  const known = new Set(played.map(round => round.index))
  const left = Array.from({ length: rounds }, (_, index) => index).filter(index => !known.has(index))
  async function playOn(): Promise<void> {
    for (let index = left.shift(); index !== undefined; index = left.shift()) {
      const killing = killingOf(index)
      const round = { index, ...(await playRound(template.folder, killing, 1000 + index)) }
      played.push(round)
      if (file !== undefined) await appendFile(file, `${JSON.stringify(round)}\n`)
      const died = killing.withPostgres ? 'with PostgreSQL' : 'alone'
      console.log(
        `${played.length}/${rounds}: ${killing.step} #${killing.occurrence} +${killing.delayMs} ms ${died}: ${round.hit ? 'killed' : 'had ended'}, ${round.equal ? 'equal' : `DIFFERS ${round.detail}`}`,
      )
      if (played.length % 20 === 0) console.log(report(played))
    }
  }
  // A round waits more than it computes.
  await Promise.all(Array.from({ length: atOnce }, playOn))
  console.log(report(played))
  expect(played.filter(round => !round.equal)).toEqual([])
  for (const step of names) {
    const hits = played.filter(round => round.hit === step).length
    expect({ step, enough: hits >= Math.min(5, Math.floor(rounds / names.length / 2)) }).toEqual({ step, enough: true })
  }
})
