import { defineConfig } from 'vitest/config'

const everywhere = { pool: 'forks', maxWorkers: 2, exclude: ['node_modules/**', 'dist/**', 'data/**'] } as const

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...everywhere,
          name: 'unit',
          include: ['{src,test,scripts,bench}/**/*.test.ts'],
          exclude: [...everywhere.exclude, '**/*.{db,browser,long}.test.ts'],
          testTimeout: 20_000,
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
        },
      },
    ],
  },
})
