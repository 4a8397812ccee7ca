/**
 * A simulator in a process of its own, for measurements: options as JSON in the first argument. Prints one line of JSON
 * with its address and keys; a parent that sends any message gets the memory in use, in bytes.
 */
import { type SimulatorOptions, startSimulator } from './index.ts'

const simulator = await startSimulator(JSON.parse(process.argv[2] ?? '{}') as SimulatorOptions)
const { url, accessKey, secretKey } = simulator
process.stdout.write(`${JSON.stringify({ url, accessKey, secretKey })}\n`)
process.on('message', () => process.send?.({ rssBytes: process.memoryUsage.rss() }))
process.once('disconnect', () => void simulator.stop())
