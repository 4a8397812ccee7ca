import { readFileSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { ToWorker } from '../../src/sync/worker-messages.ts'

// A worker that one part kills and another holds for ever: what a defect of ours or of the runtime would look like.

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind !== 'task' || message.task.part.stream !== 'findings') return
  const file = process.env.TENFOLD_TEST_KILLING_FILE
  if (file !== undefined && message.task.part.partId === readFileSync(file, 'utf8')) process.exit(9)
  if (message.task.part.partId === process.env.TENFOLD_TEST_HOLDING_PART) for (;;);
})

await import('../../src/sync/worker.ts')
