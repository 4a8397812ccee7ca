import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'

let db: TestDatabase
let folder: string
beforeAll(async () => {
  db = await createTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'tenfold-thread-'))
})
afterAll(async () => {
  await db.drop()
  await rm(folder, { recursive: true, force: true })
})

// As a command line does that has nothing else to do: it waits for the thread, which is in the middle of a step.
const program = (connectionString: string) => `
import { ImportThread } from ${JSON.stringify(new URL('./import-thread.ts', import.meta.url).href)}
const thread = new ImportThread({
  connectionString: ${JSON.stringify(connectionString)},
  applicationName: 'test', logLevel: 'silent', owner: 'test/1/0', unpackLimits: {},
})
thread.work({ step: 'apply', importId: 999 }).catch(error => console.log(error.code))
await thread.stop()
console.log('stopped')
`

test('a process that stops in the middle of a step waits for its end', async () => {
  const path = join(folder, 'program.mjs')
  await writeFile(path, program(db.connectionString))
  const args = ['--disable-warning=ExperimentalWarning', path]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const [code] = (await once(child, 'close')) as [number | null]
  expect({ code, said }).toEqual({ code: 0, said: 'import_not_found\nstopped\n' })
})
