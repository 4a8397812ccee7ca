import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

// The rooms of the house and the floors they stand on. Imports go down only. A new room is added here on purpose.

const root = resolve(import.meta.dirname, '..')

/** Room → the rooms whose code it may import, besides its own. */
const floors: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  platform: [],
  contract: ['domain'],
  simulator: ['platform'],
  connectors: ['domain', 'platform'],
  store: ['domain', 'platform'],
  sync: ['connectors', 'store', 'domain', 'platform'],
  api: ['contract', 'sync', 'store', 'domain', 'platform'],
  client: ['contract'],
  web: ['client', 'contract', 'domain'],
  hub: ['api', 'sync', 'connectors', 'store', 'contract', 'domain', 'platform'],
  cli: ['hub', 'contract', 'domain', 'platform', 'simulator'],
}

/** Modules that only some rooms may touch. */
const outside: Readonly<Record<string, readonly string[]>> = {
  pg: ['store'],
  'pg-copy-streams': ['store'],
  kysely: ['store'],
  undici: ['platform', 'connectors'],
  fastify: ['api'],
  commander: ['cli'],
  croner: ['sync'],
  '@node-rs/argon2': ['platform'],
  'openid-client': ['api'],
  saxes: ['connectors'],
  yauzl: ['connectors'],
  'node:sqlite': ['connectors', 'store'],
  hyparquet: ['store'],
  'hyparquet-writer': ['store'],
  'prom-client': ['api'],
  react: ['web'],
  'node:worker_threads': ['sync'],
}

interface SourceFile {
  readonly path: string
  readonly room: string
  readonly text: string
  readonly imports: readonly string[]
}

const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(path => /\.tsx?$/.test(path))
  .map(path => readSource(join(root, 'src', path)))
const code = files.filter(file => !/\.test\.tsx?$/.test(file.path))

function readSource(path: string): SourceFile {
  const text = readFileSync(path, 'utf8')
  const [first = ''] = relative(join(root, 'src'), path).split(/[\\/]/)
  const specifiers = text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)
  return { path, room: first.replace(/\.ts$/, ''), text, imports: [...specifiers].map(match => match[1] ?? '') }
}

function roomOf(file: SourceFile, specifier: string): string {
  const target = relative(join(root, 'src'), resolve(dirname(file.path), specifier))
  return target.split(/[\\/]/)[0]?.replace(/\.ts$/, '') ?? ''
}

const name = (file: SourceFile) => relative(root, file.path)

test('every folder of src is a room of the house', () => {
  expect([...new Set(files.map(file => file.room))].filter(room => !(room in floors))).toEqual([])
})

test('imports go down only', () => {
  const upward = code.flatMap(file =>
    file.imports
      .filter(specifier => specifier.startsWith('.'))
      .map(specifier => roomOf(file, specifier))
      .filter(room => room in floors && room !== file.room && !floors[file.room]?.includes(room))
      .map(room => `${name(file)} imports ${room}`),
  )
  expect(upward).toEqual([])
})

test('connectors do not see each other', () => {
  const across = code.flatMap(file => {
    const own = /src[\\/]connectors[\\/]([^\\/]+)[\\/]/.exec(file.path)?.[1]
    if (!own || own === 'formats') return []
    return file.imports
      .map(specifier => /connectors[\\/]([^\\/]+)[\\/]/.exec(resolve(dirname(file.path), specifier))?.[1])
      .filter(other => other !== undefined && other !== own && other !== 'formats')
      .map(other => `${name(file)} imports ${other}`)
  })
  expect(across).toEqual([])
})

for (const [module, rooms] of Object.entries(outside)) {
  test(`${module} is used in ${rooms.join(', ')} alone`, () => {
    const elsewhere = code.filter(file => file.imports.includes(module) && !rooms.includes(file.room))
    expect(elsewhere.map(name)).toEqual([])
  })
}

/** A HexTrackr file is a database of its own, whose rows are read and put in order in its own language. */
const foreignSql = /connectors[\\/]files[\\/]hextrackr[\\/]/

test('SQL text lives in store alone', () => {
  const sql =
    /['"`]\s*(select\s+\S[\s\S]{0,200}?\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|create\s+(table|index)\s)/i
  expect(
    code
      .filter(file => !['store', 'web'].includes(file.room) && !foreignSql.test(file.path) && sql.test(file.text))
      .map(name),
  ).toEqual([])
})

/** What is said of CVEs is everybody's; numbers of the server are of who may see everything, which the handler asks. */
const ofNoTenant = /(sample-estate|feeds|metrics)\.ts$/

test('what reads the mirror for somebody takes the database as they may see it, and nothing wider', () => {
  const queries = code.filter(file => /store[\\/]queries[\\/]/.test(file.path) && !ofNoTenant.test(file.path))
  // The type cannot be had from a whole database without saying so; here nothing takes a whole one.
  const wide = queries.filter(file => /:\s*(Database|Queryable|Connection)\b[^;]*[,)]/.test(signatures(file.text)))
  expect(wide.map(name)).toEqual([])
  const handlers = code.filter(file => /api[\\/]handlers[\\/]/.test(file.path))
  const unasked = handlers.filter(file => /\b(scopedTo|unrestricted|wholeAccess)\b/.test(file.text))
  expect(unasked.map(name)).toEqual([])
})

/** Of every exported function, from its name to the end of its parameters. */
function signatures(text: string): string {
  return [...text.matchAll(/export (?:async )?function\*? \w+(?:<[^>]*>)?\(([^{]*?)\)\s*[:{]/g)]
    .map(match => `${match[1]},`)
    .join('\n')
}

test('process.env is read in platform/config.ts alone', () => {
  const readers = code.filter(file => /process\.env\b/.test(file.text)).map(name)
  expect(readers.filter(path => path !== 'src/platform/config.ts')).toEqual([])
})

test('only erasable TypeScript, no any, no switched-off checks', () => {
  const escapes =
    /\bas any\b|:\s*any\s*[;,)=\]|&>\n]|<any>|@ts-(ignore|nocheck|expect-error)|^\s*(export\s+)?(const\s+)?enum\s/m
  expect(files.filter(file => escapes.test(file.text)).map(name)).toEqual([])
})

test('no test is skipped or narrowed', () => {
  const narrowed = files.filter(file => /\b(test|it|describe)\.(skip|only|todo)\b/.test(file.text))
  expect(narrowed.map(name)).toEqual([])
})

test('nothing is swallowed: no empty catch', () => {
  const swallowed = /catch\s*(\([^)]*\))?\s*\{\s*\}/
  expect(code.filter(file => swallowed.test(file.text)).map(name)).toEqual([])
})

test('files are short enough to read', () => {
  // A table of data may be long; logic may not.
  const long = code.filter(file => file.text.split('\n').length > 500).map(name)
  expect(long).toEqual([])
})
