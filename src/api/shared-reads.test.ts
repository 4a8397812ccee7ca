import { expect, test } from 'vitest'
import { SharedReads } from './shared-reads.ts'

/** Work that ends when it is told to. */
function heldWork() {
  const ends: ((value: number) => void)[] = []
  return { ends, work: () => new Promise<number>(resolve => ends.push(resolve)) }
}
const settled = () => new Promise(resolve => setImmediate(resolve))

test('who asks while the same is worked out shares the next answer, and none from before they asked', async () => {
  const shared = new SharedReads()
  const { ends, work } = heldWork()
  const first = shared.share({ q: 1 }, work)
  const later = [shared.share({ q: 1 }, work), shared.share({ q: 1 }, work)]
  expect(ends).toHaveLength(1)
  ends[0]!(10)
  expect(await first).toBe(10)
  await settled()
  expect(ends).toHaveLength(2)
  ends[1]!(11)
  expect(await Promise.all(later)).toEqual([11, 11])
})

test('other questions and other readers do not wait, and nothing is remembered', async () => {
  const shared = new SharedReads()
  const { ends, work } = heldWork()
  const both = [shared.share(['list', { sources: [1] }], work), shared.share(['list', { sources: [2] }], work)]
  expect(ends).toHaveLength(2)
  for (const [n, end] of ends.entries()) end(n)
  expect(await Promise.all(both)).toEqual([0, 1])
  const again = shared.share(['list', { sources: [1] }], work)
  ends[2]!(2)
  expect(await again).toBe(2)
})

test('whoever waits for the next time gets it though this one fails', async () => {
  const shared = new SharedReads()
  const failing = shared.share('q', () => Promise.reject(new Error('lost')))
  const next = shared.share('q', () => Promise.resolve(1))
  await expect(failing).rejects.toThrow('lost')
  expect(await next).toBe(1)
})
