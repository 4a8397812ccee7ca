import { statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files that take longest, seconds on a quiet machine, so that none of them is left alone at the end. What is not here is
 * short, and goes by its size.
 */
export const seconds: Readonly<Record<string, number>> = {
  'test/history/moments.db.test.ts': 105,
  'src/store/backup/backup.db.test.ts': 102,
  'src/cli/archive.db.test.ts': 101,
  'src/store/archive/archive.db.test.ts': 80,
  'test/schema/migrations.db.test.ts': 80,
  'test/faults/disk-full.db.test.ts': 70,
  'src/sync/directories.db.test.ts': 98,
  'src/sync/sweep.db.test.ts': 94,
  'test/browser/barriers.browser.test.ts': 90,
  'src/cli/sync.db.test.ts': 76,
  'src/sync/scans.db.test.ts': 71,
  'src/sync/scope.db.test.ts': 70,
  'src/sync/compliance.db.test.ts': 65,
  'src/sync/source-health.db.test.ts': 64,
  'src/api/fuzz.db.test.ts': 64,
  'test/kills/kills.db.test.ts': 64,
  'test/workers/workers.db.test.ts': 64,
  'src/store/verify/verify.db.test.ts': 60,
  'src/api/fuzz-courses.db.test.ts': 40,
}

const root = join(import.meta.dirname, '..', '..')

export class HeaviestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // By project first, which it knows how to do.
    const sorted = await super.sort(files)
    return sorted
      .map((file, index) => ({ file, index, order: file.project.config.sequence.groupOrder, weight: weightOf(file) }))
      .sort((a, b) => a.order - b.order || b.weight - a.weight || a.index - b.index)
      .map(({ file }) => file)
  }
}

function weightOf({ moduleId }: TestSpecification): number {
  const known = seconds[relative(root, moduleId).split(sep).join('/')]
  // A thousand lines and more do not come near to a second here.
  return known ?? statSync(moduleId).size / 1e6
}
