import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cases } from './faults/cases.ts'
import { faultTable } from './faults/documented.ts'

// A guarantee is worth what holds it: each test that docs/synchronisation.md names must be there under that name.

const root = join(import.meta.dirname, '..')
const text = readFileSync(join(root, 'docs', 'synchronisation.md'), 'utf8')

interface Guarantee {
  readonly name: string
  readonly tests: readonly { readonly path: string; readonly test: string }[]
}

const guarantees: readonly Guarantee[] = text
  .split(/^### /m)
  .slice(1)
  .map(section => ({
    name: section.split('\n')[0] ?? '',
    tests: [...section.matchAll(/^- `([^`]+)`: (.+)$/gm)].map(match => ({
      path: match[1] ?? '',
      test: match[2] ?? '',
    })),
  }))

/** Whether a file has the test. A placeholder in its name stands for a text that the file holds elsewhere. */
function hasTest(path: string, wanted: string): boolean {
  // The cases of the fault table are tests by their names.
  if (path === 'test/faults/cases.ts') return cases.some(({ name }) => name === wanted)
  const source = readFileSync(join(root, path), 'utf8')
  const names = [...source.matchAll(/\btest\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g)].map(match => match[2] ?? '')
  return names.some(name => {
    const literals = name
      .split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/)
      .map(part => part.replace(/\\(.)/g, '$1').replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    const filled = new RegExp(`^${literals.join('(.*)')}$`).exec(wanted)
    return filled?.slice(1).every(text => source.includes(text)) ?? false
  })
}

test('the table of faults is that of the cases', () => expect(text).toContain(`\n\n${faultTable()}\n\n`))

describe.each(guarantees)('$name', guarantee => {
  test('is held by a test', () => expect(guarantee.tests).not.toEqual([]))

  for (const { path, test: name } of guarantee.tests) {
    test(`${path}: ${name}`, () => expect(hasTest(path, name)).toBe(true))
  }
})
