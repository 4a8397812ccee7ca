import { type Severity, severities } from '../../domain/severity.ts'

/** Texts that stand for nothing, and what a spreadsheet leaves of a cell it could not understand. */
const nothing = new Set(['', 'null', 'n/a', 'na', 'none', '-', '-1', 'nan', 'undefined'])
const ruined = /^#(NAME|VALUE|REF|N\/A|NUM|DIV\/0|NULL|SPILL)[?!]?$|^#{4,}$/i

export function isRuined(text: string): boolean {
  return text.charCodeAt(0) === 0x23 && ruined.test(text.trim())
}

export function isNothing(text: string): boolean {
  // None of them is longer than `undefined`.
  if (text.length > 9 && isGraphic(text.charCodeAt(0)) && isGraphic(text.charCodeAt(text.length - 1))) return false
  return nothing.has(text.trim().toLowerCase())
}

function isGraphic(code: number): boolean {
  return code > 0x20 && code < 0x7f
}

/** `7.5`, `7,5`, `1.184.933.065`, `1,184`: undefined when it is no number. */
export function numberOf(text: string): number | undefined {
  if (isDigits(text)) return Number(text)
  const trimmed = text.trim().replace(/\u00a0|\s/g, '')
  if (/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(trimmed)) return Number(trimmed)
  if (/^[+-]?\d+,\d{1,2}$/.test(trimmed)) return Number(trimmed.replace(',', '.'))
  if (/^\d{1,3}([.,]\d{3})+$/.test(trimmed)) return Number(trimmed.replace(/[.,]/g, ''))
  if (/^0,\d+$/.test(trimmed)) return Number(trimmed.replace(',', '.'))
  return undefined
}

function isDigits(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return false
  }
  return text.length > 0
}

export function integerOf(text: string): number | undefined {
  const number = numberOf(text)
  return number !== undefined && Number.isInteger(number) ? number : undefined
}

const severityWords: ReadonlyMap<string, Severity> = new Map<string, Severity>(
  Object.entries({
    ...{
      none: 'info',
      info: 'info',
      informational: 'info',
      log: 'info',
      low: 'low',
      medium: 'medium',
      moderate: 'medium',
    },
    ...{ high: 'high', critical: 'critical', serious: 'high' },
  } as const),
)

/** A word or the vendor's number. */
export function severityOf(text: string): Severity | undefined {
  const trimmed = text.trim().toLowerCase()
  return severityWords.get(trimmed) ?? (/^[0-4](\.0)?$/.test(trimmed) ? severities[Number(trimmed)] : undefined)
}

export function booleanOf(text: string): boolean | null {
  const trimmed = text.trim().toLowerCase()
  if (/^(true|yes|1|y|wahr|vrai|ja|oui|available)$/.test(trimmed)) return true
  return /^(false|no|0|n|falsch|faux|nein|non|not_available)$/.test(trimmed) ? false : null
}

/** Elements joined by commas, semicolons, blanks or line ends. */
export function wordsOf(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter(word => word !== ''))]
}

/** Elements joined by commas or line ends; a blank is part of one. */
export function itemsOf(text: string): string[] {
  return [
    ...new Set(
      text
        .split(/[,\r\n]+/)
        .map(item => item.trim())
        .filter(item => item !== ''),
    ),
  ]
}

export function linesOf(text: string): string[] {
  return [
    ...new Set(
      text
        .split(/[\r\n]+/)
        .map(item => item.trim())
        .filter(item => item !== ''),
    ),
  ]
}

export function cvesOf(text: string): string[] {
  return [...new Set((text.match(/CVE-\d{4}-\d{3,}/gi) ?? []).map(cve => cve.toUpperCase()))]
}

/** `CERT #836068`, `CWE:310`, `IAVA: 2021-A-0259-S` all become `TYPE:ID`. */
export function xrefOf(text: string): string {
  const found = /^([A-Za-z][\w .-]*?)\s*[:#]\s*#?(.+)$/.exec(text.trim())
  return found ? `${found[1]}:${(found[2] ?? '').trim()}` : text.trim()
}

/** The prefix tells the version of a vector; where a file leaves it out it is put back, and the temporal part taken off. */
export function vector2Of(text: string): string {
  return text
    .trim()
    .replace(/^\(|\)$/g, '')
    .replace(/^CVSS2#/i, '')
}

export function vector3Of(text: string): string {
  const trimmed = text.trim()
  return /^CVSS:3/i.test(trimmed) || trimmed === '' ? trimmed : `CVSS:3.0/${trimmed}`
}

/** A text that lives longer than the piece of the file it was cut from, which it would keep in memory. */
export function kept(text: string): string {
  return text.length < 13 ? text : Buffer.from(text).toString()
}
