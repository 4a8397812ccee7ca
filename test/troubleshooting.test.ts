import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { renderErrorPage } from '../src/api/error-page.ts'
import { problemKinds, toProblem } from '../src/api/problems.ts'
import { ConfigError } from '../src/platform/errors.ts'

// Whoever meets a code must find it explained. The codes are collected from the sources, so that a new one cannot be
// forgotten, and one that is gone does not stay in the guide.

const root = join(import.meta.dirname, '..')
const guide = readFileSync(join(root, 'docs', 'troubleshooting.md'), 'utf8')

/** The web app throws nothing of its own, and the simulator speaks for the vendor. */
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(path => /\.ts$/.test(path) && !/(\.test|\.fixture)\.ts$/.test(path))
  .filter(path => !/^(simulator|web|contract)[\\/]/.test(path))
  .map(path => ({ path, text: readFileSync(join(root, 'src', path), 'utf8') }))

/** How a code stands in the sources. */
const places: readonly RegExp[] = [
  // An error of ours, its subclass, or the function that makes a refusal of a source into one.
  /\b(?:new \w*Error|super|make|unreadable)\(\s*'([a-z_]+)'/g,
  // A table or an object that an error is made of later.
  /\bcode: '([a-z_]+)'/g,
  // What a part of an export is marked with in the ledger.
  /'(not_made_by_source)'/g,
  /\browsNotRestored = '([a-z_]+)'/g,
  // What the check of a key says.
  /'(right_not_tried)'/g,
]

/** Codes that are put together. */
const composed: Readonly<Record<string, readonly string[]>> = {
  'postgres_${doing}_failed': ['postgres_create_failed', 'postgres_start_failed'],
}

const errorClasses = 'Config|Source|Store|NotFound|Tenfold'
/** Errors made of a code that was found at another place. */
const passedOn = /^(known\.code|sent\.code|code)\b/

const known = new Set([
  ...sources.flatMap(({ text }) => places.flatMap(place => [...text.matchAll(place)].map(match => match[1] ?? ''))),
  ...Object.values(composed).flat(),
  ...Object.keys(problemKinds),
])
const headings = [...guide.matchAll(/^### (.+)$/gm)].map(match => match[1] ?? '')

test('every code has a heading', () => {
  expect([...known].filter(code => !headings.includes(code)).sort()).toEqual([])
})

test('every heading is a code, once', () => {
  expect(headings.filter(heading => !known.has(heading))).toEqual([])
  expect(headings.filter((heading, index) => headings.indexOf(heading) !== index)).toEqual([])
})

test('every code says what it means and what to do', () => {
  const entries = guide.split(/^###? /m).slice(1)
  const bare = entries
    .filter(entry => headings.includes(entry.split('\n')[0] ?? ''))
    .filter(entry => !/\n[A-Z`].{20,}[\s\S]*\n\*\*Remedy\.\*\* \S/.test(entry))
  expect(bare.map(entry => entry.split('\n')[0])).toEqual([])
})

test('no error is made with a code that this test cannot see', () => {
  const made = new RegExp(`new (?:${errorClasses})Error\\(\\s*([^\\s,][^,\\n]*)`, 'g')
  const unseen = sources.flatMap(({ path, text }) =>
    [...text.matchAll(made)]
      .map(match => (match[1] ?? '').trim())
      .filter(code => !code.startsWith("'") && !passedOn.test(code) && !(code.replaceAll('`', '') in composed))
      .map(code => `${path}: ${code}`),
  )
  expect(unseen).toEqual([])
})

describe('the help of a problem', () => {
  const page = renderErrorPage(guide)

  test('leads to the heading of its code', () => {
    const { help } = toProblem(new ConfigError('source_disabled', 'The source is switched off.'), 'request')
    expect(help).toBe('/docs/errors#source_disabled')
    expect(page).toContain('<h3 id="source_disabled">')
  })

  test('is there for every code', () => {
    expect([...known].filter(code => !page.includes(`<h3 id="${code}">`))).toEqual([])
  })

  test('is text: nothing of the guide becomes a tag by itself', () => {
    const tags = new Set([...page.matchAll(/<([a-z]\w*)/g)].map(match => match[1]))
    expect([...tags].sort()).toEqual(
      ['a', 'code', 'h1', 'h2', 'h3', 'html', 'meta', 'p', 'strong', 'style', 'title'].sort(),
    )
  })
})
