import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { outboxTopics } from '../src/store/outbox.ts'

const guide = readFileSync(join(import.meta.dirname, '..', 'docs', 'outbox.md'), 'utf8')

test('every topic of the outbox is in its guide, and no other', () => {
  const told = [...guide.matchAll(/^\| `([a-z]+\.[a-z_]+)` \|/gm)].map(match => match[1])
  expect(told.sort()).toEqual(Object.keys(outboxTopics).sort())
})
