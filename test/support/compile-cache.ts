import { flushCompileCache } from 'node:module'
import { afterAll } from 'vitest'

// The runner ends its processes with a signal, and then nothing that they compiled would be kept.
afterAll(() => flushCompileCache())
