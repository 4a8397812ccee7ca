import { availableParallelism } from 'node:os'
import { quickLimits } from '../test/support/mirror.ts'
import { openScMirror } from '../test/support/security-center.ts'

// How fast 200,000 findings come from a simulated Security Center: a first load, and a full sync that finds nothing new.
// `node bench/security-center.ts 50000` measures another size.

const findings = Number(process.argv[2] ?? 200_000)
const mirror = await openScMirror(
  { findings, assets: Math.round(findings / 40), outputBytes: 700 },
  { ...quickLimits, rowsPerPage: 1000, pagesPerPart: 10 },
)
try {
  for (const name of ['first load', 'nothing new']) {
    const from = performance.now()
    const run = await mirror.sync({ streams: ['networks', 'assets', 'findings'] })
    const seconds = (performance.now() - from) / 1000
    const received = run.streams.findings?.received ?? 0
    const rate = Math.round(received / seconds)
    console.log(`${name}: ${run.status}, ${received} findings in ${seconds.toFixed(1)} s, ${rate} a second, ${availableParallelism()} cores`)
  }
} finally {
  await mirror.close()
}
