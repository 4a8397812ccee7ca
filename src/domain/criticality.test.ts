import { expect, test } from 'vitest'
import { type Criticality, criticalityOf } from './criticality.ts'

const cases = [
  [null, 'unknown'],
  [0, 'unknown'],
  [1, 'low'],
  [3, 'low'],
  [4, 'medium'],
  [6, 'medium'],
  [7, 'high'],
  [8, 'high'],
  [9, 'critical'],
  [10, 'critical'],
] satisfies [number | null, Criticality][]

for (const [acr, word] of cases) {
  test(`an ACR of ${acr} is ${word}`, () => expect(criticalityOf(acr)).toBe(word))
}
