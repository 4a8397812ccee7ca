import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildWeb, ensureWebBuilt } from './build-web.ts'

let folder: string
let page: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenfold-build-'))
  await buildWeb({ outDir: join(folder, 'web') })
  page = await readFile(join(folder, 'web/index.html'), 'utf8')
}, 120_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

test('the first script and what it loads at once stay below 300 kB', async () => {
  const names = [...page.matchAll(/(?:src|href)="(\/[^"]+\.js)"/g)].map(match => match[1]!)
  expect(names.length).toBeGreaterThan(1)
  const sizes = await Promise.all(names.map(async name => gzipSync(await readFile(join(folder, 'web', name))).length))
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(300_000)
})

test('what is built under a test run is what readers get', async () => {
  const names = (await readdir(join(folder, 'web/assets'))).filter(name => name.endsWith('.js'))
  const scripts = await Promise.all(names.map(name => readFile(join(folder, 'web/assets', name), 'utf8')))
  expect(scripts.filter(script => /jsxDEV|React DevTools/.test(script))).toEqual([])
})

test('the page keeps to its policy: no inline script, nothing of another origin', async () => {
  expect(page).not.toMatch(/<script(?![^>]*\bsrc=)/)
  expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
  expect(page).toContain('__CSP_NONCE__')
})

test('the folder is replaced as a whole, and nothing is left beside it', async () => {
  await buildWeb({ outDir: join(folder, 'web') })
  expect(await readdir(folder)).toEqual(['web'])
}, 120_000)

test('what is built already is not built again', async () => {
  const first = await ensureWebBuilt({ cacheDir: folder })
  const before = await stat(join(first, 'index.html'))
  expect(await ensureWebBuilt({ cacheDir: folder })).toBe(first)
  expect((await stat(join(first, 'index.html'))).mtimeMs).toBe(before.mtimeMs)
}, 120_000)
