import { hexOf, topic } from '../random.ts'
import type { Run, Scan } from './world.ts'

export interface ScannerExport {
  readonly file: number
  readonly token: string
  readonly scan: Scan
  readonly run: Run
  /** Questions that are still answered with `loading`. */
  polls: number
}

export interface Exports {
  begin(scan: Scan, run: Run, polls: number): ScannerExport
  byToken(token: string): ScannerExport | undefined
  byFile(file: number): ScannerExport | undefined
  /** Files that were made are forgotten, as after a restart. */
  forget(): void
}

export function createExports(seed: number): Exports {
  let files: ScannerExport[] = []
  let count = 0
  return {
    begin: (scan, run, polls) => {
      const file = 1_000_000 + ++count * 7
      const made = { file, token: hexOf(seed, topic.job, count, 64, 4), scan, run, polls }
      files.push(made)
      return made
    },
    byToken: token => files.find(one => one.token === token),
    byFile: file => files.find(one => one.file === file),
    forget: () => {
      files = []
    },
  }
}
