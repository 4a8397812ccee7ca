import { expect, test } from 'vitest'
import { nextChunkSize } from './chunk-size.ts'

const range = { configured: 250, least: 50 }
const calm = {
  stream: 'findings',
  asked_size: 250,
  chunks: 10,
  heaviest_bytes: 1e6,
  slowest_seconds: 3,
  overloaded: 0,
} as const

const cases = [
  { name: 'an export that went well changes nothing', was: calm, next: undefined },
  { name: 'a chunk that was too much halves the next', was: { ...calm, overloaded: 1 }, next: 125 },
  { name: 'a chunk that took minutes halves the next', was: { ...calm, slowest_seconds: 300 }, next: 125 },
  { name: 'a chunk of hundreds of megabytes halves the next', was: { ...calm, heaviest_bytes: 4e8 }, next: 125 },
  { name: 'never below the vendor’s least', was: { ...calm, asked_size: 60, overloaded: 3 }, next: 50 },
  { name: 'at the least it stays', was: { ...calm, asked_size: 50, overloaded: 3 }, next: undefined },
  { name: 'after a good export it grows slowly', was: { ...calm, asked_size: 125 }, next: 157 },
  { name: 'not when it was nearly too slow', was: { ...calm, asked_size: 125, slowest_seconds: 100 }, next: undefined },
  { name: 'back at what is configured it is forgotten', was: { ...calm, asked_size: 220 }, next: null },
  { name: 'a smaller setting counts at once', was: { ...calm, asked_size: 400, overloaded: 1 }, next: 125 },
  { name: 'an export without chunks tells nothing', was: { ...calm, chunks: 0 }, next: undefined },
  {
    name: 'a stream that we do not size is left alone',
    was: { ...calm, asked_size: null, overloaded: 1 },
    next: undefined,
  },
] as const

for (const { name, was, next } of cases) {
  test(`the next size: ${name}`, () => expect(nextChunkSize(was, range)?.size).toBe(next))
}
