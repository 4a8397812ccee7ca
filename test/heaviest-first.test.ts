import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { seconds } from './support/heaviest-first.ts'

test('the files that are begun first are there', () => {
  const missing = Object.keys(seconds).filter(path => !existsSync(join(import.meta.dirname, '..', path)))
  expect(missing).toEqual([])
})
