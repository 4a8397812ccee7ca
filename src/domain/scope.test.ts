import { describe, expect, test } from 'vitest'
import { describeScope, everything, isEverything, isSameScope, limitsAssets, presentScope, readScope } from './scope.ts'

describe('the same scope', () => {
  const cases = [
    {
      name: 'whatever the order and however often',
      a: {
        tags: [
          { key: 'Site', value: 'Oslo' },
          { key: 'Env', value: 'Prod' },
          { key: 'Site', value: 'Oslo' },
        ],
      },
      b: {
        tags: [
          { value: 'Prod', key: 'Env' },
          { key: 'Site', value: 'Oslo' },
        ],
      },
      isSame: true,
    },
    { name: 'with no limit in any list', a: { tags: [], networks: [], severities: [] }, b: {}, isSame: true },
    {
      name: 'with all severities named',
      a: { severities: ['critical', 'high', 'medium', 'low', 'info'] },
      b: {},
      isSame: true,
    },
    {
      name: 'not with another value of a tag',
      a: { tags: [{ key: 'Env', value: 'Prod' }] },
      b: { tags: [{ key: 'Env', value: 'prod' }] },
      isSame: false,
    },
    { name: 'not with a network more', a: { networks: ['a'] }, b: { networks: ['a', 'b'] }, isSame: false },
  ]
  for (const { name, a, b, isSame } of cases) {
    test(name, () => expect(isSameScope(readScope(a), readScope(b))).toBe(isSame))
  }
})

test('what is written down is read back', () => {
  const scope = readScope({ tags: [{ key: 'Env', value: 'Prod' }], networks: ['n'], severities: ['high', 'critical'] })
  expect(readScope(presentScope(scope))).toEqual(scope)
  expect(presentScope(everything)).toEqual({})
})

test('what is not understood does not limit', () => {
  for (const value of [null, 7, 'Env', [], { tags: 'Env' }, { tags: [{ key: 'Env' }], severities: ['worst', 3] }]) {
    expect(isEverything(readScope(value))).toBe(true)
  }
})

test('severities alone leave out no asset', () => {
  expect(limitsAssets(readScope({ severities: ['critical'] }))).toBe(false)
  expect(limitsAssets(readScope({ networks: ['n'] }))).toBe(true)
})

test('a person reads what it is', () => {
  const tags = [
    { key: 'Env', value: 'Prod' },
    { key: 'Env', value: 'Test' },
    { key: 'Site', value: 'Oslo' },
  ]
  expect(describeScope(readScope({ tags, severities: ['critical'] }))).toBe(
    'tag Env is Prod or Test; tag Site is Oslo; severity critical',
  )
  expect(describeScope(everything)).toBe('everything')
})
