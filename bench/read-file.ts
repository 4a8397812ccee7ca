import { basename } from 'node:path'
import { readFile } from '../src/connectors/files/index.ts'

// `node bench/read-file.ts FILE`: decodes a file and throws away what it says, in a process of its own.

const path = process.argv[2] ?? ''
const from = performance.now()
const reading = readFile(path, basename(path), {}, AbortSignal.timeout(7_200_000))
let records = 0
for (;;) {
  const next = await reading.next()
  if (next.done) break
  records += next.value.findings.length
}
const { user, system } = process.cpuUsage()
const seconds = (performance.now() - from) / 1000
console.log(JSON.stringify({ records, seconds, cpuSeconds: (user + system) / 1e6 }))
