import { resolveByFile } from './names.ts'

// A worker whose names are looked up as the test says.

const file = process.env.TENFOLD_TEST_NAMES
if (file !== undefined) resolveByFile(file)

await import('../../src/sync/worker.ts')
