import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBundledPostgres } from '../src/store/bundled/index.ts'
import { openDatabase } from '../src/store/database.ts'
import { migrate } from '../src/store/migrate.ts'
import { dumpSchema } from '../src/store/schema-dump.ts'

// `npm run schema`: writes src/store/schema.sql, what the migrations produce, on a server of its own. With --check it only
// says whether the file is that.

const isCheck = process.argv.includes('--check')
const file = join(import.meta.dirname, '..', 'src', 'store', 'schema.sql')

const dataDir = await mkdtemp(join(tmpdir(), 'tenfold-schema-'))
try {
  const server = await startBundledPostgres({ dataDir, dataDirIsExplicit: true })
  try {
    await compare(await schemaOfMigrations(server.connectionString))
  } finally {
    await server.stop()
  }
} finally {
  await rm(dataDir, { recursive: true, force: true })
}

async function schemaOfMigrations(connectionString: string): Promise<string> {
  const database = openDatabase(connectionString)
  try {
    await migrate(database)
    return await dumpSchema(database)
  } finally {
    await database.close()
  }
}

async function compare(schema: string): Promise<void> {
  const written = await readFile(file, 'utf8').catch(() => '')
  if (written === schema) return console.log('src/store/schema.sql is what the migrations produce.')
  if (!isCheck) {
    await writeFile(file, schema)
    return console.log('src/store/schema.sql is written anew.')
  }
  const lines = written.split('\n')
  const first = schema.split('\n').findIndex((line, number) => line !== lines[number])
  console.error(
    `src/store/schema.sql is not what the migrations produce, from line ${first + 1} on. Run \`npm run schema\`.`,
  )
  process.exitCode = 1
}
