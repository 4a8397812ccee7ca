type Cell = string | number | boolean | null | undefined

/**
 * Rows for a spreadsheet. What was scanned wrote these texts: one that begins like a formula gets an apostrophe, and none
 * may break out of its cell.
 */
export function tsvOf(rows: readonly (readonly Cell[])[]): string {
  return rows.map(row => row.map(tsvCell).join('\t')).join('\n')
}

function tsvCell(value: Cell): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'string') return String(value)
  const line = value.replace(/[\t\r\n]+/g, ' ').trim()
  return /^[=+\-@]/.test(line) ? `'${line}` : line
}

/** @returns whether it could be put there */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // Refused, or there is none: a page that did not come over https has no clipboard of the newer kind.
    return copyByCommand(text)
  }
}

function copyByCommand(text: string): boolean {
  const area = document.createElement('textarea')
  const before = document.activeElement
  area.value = text
  area.className = 'only-spoken'
  area.setAttribute('aria-hidden', 'true')
  document.body.append(area)
  area.select()
  const isDone = document.execCommand('copy')
  area.remove()
  if (before instanceof HTMLElement) before.focus({ preventScroll: true })
  return isDone
}
