import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ReadFileOptions, readFile } from '../../src/connectors/files/index.ts'
import type { FileBatch, FileSummary } from '../../src/domain/file-reading.ts'

export interface WholeFile extends Omit<FileBatch, 'bytes'> {
  readonly summary: FileSummary
}

/** Reads a file of findings whole, from its bytes. */
export async function readWhole(
  content: string | Buffer,
  name = 'file.csv',
  options: ReadFileOptions = {},
): Promise<WholeFile> {
  const folder = await mkdtemp(join(tmpdir(), 'tenfold-file-'))
  try {
    const path = join(folder, 'content')
    await writeFile(path, content)
    return await gather(readFile(path, name, options, AbortSignal.timeout(60_000)))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function gather(reading: AsyncGenerator<FileBatch, FileSummary>): Promise<WholeFile> {
  const batches: FileBatch[] = []
  for (;;) {
    const next = await reading.next()
    if (next.done) {
      return {
        hosts: batches.flatMap(batch => batch.hosts),
        plugins: batches.flatMap(batch => batch.plugins),
        findings: batches.flatMap(batch => batch.findings),
        compliance: batches.flatMap(batch => batch.compliance),
        rejected: batches.flatMap(batch => batch.rejected),
        issues: batches.flatMap(batch => batch.issues),
        totals: batches.flatMap(batch => batch.totals),
        summary: next.value,
      }
    }
    batches.push(next.value)
  }
}

/** A CSV as a careful program writes it. */
export function csvOf(rows: readonly (readonly string[])[], delimiter = ',', end = '\n'): string {
  const cell = (text: string) => (/[",;\t\r\n|]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  return rows.map(row => row.map(cell).join(delimiter) + end).join('')
}
