import { performance } from 'node:perf_hooks'
import type { Output } from './output.ts'
import { cut, plain } from './text.ts'

export interface ProgressRow {
  readonly label: string
  readonly done: number
  /** null while nobody knows. */
  readonly total: number | null
  readonly text: string
}

/** Shows how far something is: bars that are redrawn on a terminal, else a line now and then for a log. */
export interface Progress {
  show(rows: readonly ProgressRow[]): void
  /** The last state stays on the screen. */
  end(): void
}

const barWidth = 24
const plainEveryMs = 5000

export function createProgress(output: Pick<Output, 'isLive' | 'stderr' | 'say'>): Progress {
  return output.isLive ? liveProgress(output.stderr) : plainProgress(output.say)
}

function liveProgress(stream: Output['stderr']): Progress {
  let drawn = 0
  let shown = ''
  return {
    show(rows) {
      const width = (stream.columns || 80) - 1
      const labelWidth = Math.max(...rows.map(row => row.label.length))
      const lines = rows.map(row => cut(`${row.label.padEnd(labelWidth)}  ${bar(row)}  ${plain(row.text)}`, width))
      const text = lines.map(line => `\r${line}\u001b[K\n`).join('')
      if (text === shown) return
      const up = drawn > 0 ? `\u001b[${drawn}A` : ''
      // Each line is cleared to its end, so that a shorter one leaves nothing of the longer one before it.
      stream.write(up + text)
      drawn = lines.length
      shown = text
    },
    end() {
      drawn = 0
      shown = ''
    },
  }
}

function bar({ done, total }: ProgressRow): string {
  if (total === null || total === 0) return `${'·'.repeat(barWidth)}     `
  const share = Math.min(1, done / total)
  const filled = Math.round(share * barWidth)
  return `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${String(Math.floor(share * 100)).padStart(3)}%`
}

function plainProgress(say: (line: string) => void): Progress {
  let saidAt = performance.now()
  let said = ''
  let latest: readonly ProgressRow[] = []
  const sayNow = () => {
    const line = latest.map(row => `${row.label}: ${plain(row.text)}`).join('; ')
    if (line !== said && line !== '') say(line)
    said = line
    saidAt = performance.now()
  }
  return {
    show(rows) {
      latest = rows
      if (performance.now() - saidAt >= plainEveryMs) sayNow()
    },
    end: sayNow,
  }
}
