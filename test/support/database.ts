import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { databaseUrl, onServer } from './postgres.ts'

export interface TestDatabase {
  readonly database: Database
  readonly connectionString: string
  drop(): Promise<void>
}

/** A fresh database for one test file, migrated unless told otherwise. */
export async function createTestDatabase(options: { readonly migrated?: boolean } = {}): Promise<TestDatabase> {
  const server = inject('postgres')
  const name = `test_${randomBytes(6).toString('hex')}`
  const template = options.migrated === false ? 'template0' : inject('template')
  await onServer(server, `create database ${name} template ${template}`)
  const connectionString = databaseUrl(server, name)
  const database = openDatabase(connectionString, { onIdleError: () => undefined })
  return {
    database,
    connectionString,
    async drop() {
      await database.close()
      await onServer(server, `drop database if exists ${name} with (force)`)
    },
  }
}
