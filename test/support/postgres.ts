import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { type BundledServer, startBundledPostgres } from '../../src/store/bundled/index.ts'
import { openDatabase } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgres: string
    template: string
  }
}

/**
 * One server for a whole test run, with a migrated template that each test file copies. `TENFOLD_TEST_DATABASE_URL`
 * names a server to use instead, where the tests may create databases.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TENFOLD_TEST_DATABASE_URL
  const dataDir = await mkdtemp(join(tmpdir(), 'tenfold-test-'))
  const server = given ? undefined : await startSparingTheDisk(dataDir)
  const connectionString = given ?? server?.connectionString ?? ''
  // Two test runs may share one server.
  const template = `template_${randomBytes(6).toString('hex')}`
  await createTemplate(connectionString, template)
  project.provide('postgres', connectionString)
  project.provide('template', template)
  return async () => {
    if (given) await onServer(given, `drop database ${template}`)
    await server?.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** What is in this server is worth nothing after the run; tests that pull the plug start servers of their own. */
async function startSparingTheDisk(dataDir: string): Promise<BundledServer> {
  const options = { dataDir, dataDirIsExplicit: true }
  const first = await startBundledPostgres(options)
  const lines = ['fsync', 'synchronous_commit', 'full_page_writes'].map(setting => `${setting} = off\n`)
  await writeFile(join(first.dataDir, 'postgres', 'local.conf'), lines.join(''), { mode: 0o644 })
  await first.stop()
  return startBundledPostgres(options)
}

async function createTemplate(connectionString: string, name: string): Promise<void> {
  await onServer(
    connectionString,
    `create database ${name} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`,
  )
  const template = openDatabase(databaseUrl(connectionString, name), { max: 2 })
  await migrate(template)
  await template.close()
  // A session in the template, autovacuum's too, would keep it from being copied.
  await onServer(connectionString, `alter database ${name} allow_connections false`)
}

/** Runs one statement in the server's own database. */
export async function onServer(connectionString: string, statement: string): Promise<void> {
  const admin = openDatabase(connectionString, { max: 1 })
  try {
    await admin.query(statement)
  } finally {
    await admin.close()
  }
}

/** The same server, another database. */
export function databaseUrl(connectionString: string, name: string): string {
  const url = new URL(connectionString)
  url.pathname = `/${name}`
  return url.href
}
