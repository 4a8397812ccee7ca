import { startScSimulator } from '../src/simulator/sc/index.ts'

// A Security Center in a process of its own, so that what it costs is not ours. Its first line says where it is.

const findings = Number(process.argv[2])
const simulator = await startScSimulator({
  findings,
  assets: Math.round(findings / 40),
  accessKey: 'a'.repeat(32),
  secretKey: 'b'.repeat(32),
})
console.log(simulator.url)
