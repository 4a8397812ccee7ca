import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createImportBench, type ImportBench } from '../../../test/support/imports.ts'

let bench: ImportBench
beforeAll(async () => {
  bench = await createImportBench()
})
afterAll(() => bench.stop())

test('debug', async () => {
  const item = await bench.stage(readFileSync('/work/shared/samples/files/vm-scan-export.nessus'), { name: 'x.nessus' })
  console.log(JSON.stringify(item))
  const done = await bench.apply(item)
  console.log(JSON.stringify(done))
  const again = await bench.stage(readFileSync('/work/shared/samples/files/vm-scan-export.nessus'), {
    name: 'x.nessus',
  })
  console.log(JSON.stringify(again.numbers))
  const undone = await bench.undo(done)
  console.log(JSON.stringify(undone))
  expect(1).toBe(1)
}, 60000)
