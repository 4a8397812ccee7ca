import { startSimulator } from '../src/simulator/index.ts'

// A simulated tenant in a process of its own: for streams whose answers are not made beforehand. Prints its address and keys.

const assets = Number(process.argv[2] ?? 20_000)
const simulator = await startSimulator({
  assets,
  findings: assets,
  outputBytes: 40,
  jobPace: { queuedPolls: 0, chunksPerPoll: 1000 },
})
console.log(JSON.stringify({ url: simulator.url, accessKey: simulator.accessKey, secretKey: simulator.secretKey }))
