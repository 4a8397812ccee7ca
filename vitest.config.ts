import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { HeaviestFirst } from './test/support/heaviest-first.ts'

const everywhere = {
  pool: 'forks',
  // Nothing happens on import here, and no file leaves anything to the next: a process that has read the sources, and made
  // them quick, goes from file to file.
  isolate: false,
  exclude: ['node_modules/**', 'dist/**', 'data/**'],
  // Node reads the sources itself, as it does outside the tests, and keeps what it compiled for the next process.
  experimental: { viteModuleRunner: false, nodeLoader: false },
  env: { NODE_COMPILE_CACHE: join(tmpdir(), 'tenfold-compiled') },
  setupFiles: ['test/support/compile-cache.ts'],
} as const

export default defineConfig({
  test: {
    sequence: { sequencer: HeaviestFirst },
    projects: [
      {
        test: {
          ...everywhere,
          name: 'unit',
          include: ['{src,test,scripts,bench}/**/*.test.ts'],
          exclude: [...everywhere.exclude, '**/*.{db,browser,long}.test.ts'],
          testTimeout: 20_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...everywhere,
          name: 'db',
          include: ['{src,test,scripts}/**/*.db.test.ts'],
          globalSetup: ['test/support/postgres.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // One more than there are cores: a third of the time a test waits for a server, a disk or a moment.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...everywhere,
          name: 'browser',
          include: ['test/**/*.browser.test.ts'],
          globalSetup: ['test/support/postgres.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          ...everywhere,
          name: 'long',
          include: ['test/**/*.long.test.ts'],
          globalSetup: ['test/support/postgres.ts'],
          testTimeout: 3_600_000,
          hookTimeout: 180_000,
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
})
