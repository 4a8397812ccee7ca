import type { ReadOptions } from '../../domain/file-reading.ts'
import type { CsvRecord } from '../formats/csv-records.ts'
import type { CsvField, CsvLayout } from './csv-columns.ts'

/** What the first rows of a file prove of how its numbers and dates are written. */
export interface CsvHabits {
  /** Score columns from which a spreadsheet has taken the decimal point: 98 is 9.8 there. */
  readonly withoutPoint: ReadonlySet<CsvField>
  /** Probability columns that are percentages: 0.4 is 0.004 there. */
  readonly inPercent: ReadonlySet<CsvField>
  readonly dayFirst: boolean
  readonly notes: readonly string[]
}

const scoreFields: readonly CsvField[] = [
  ...(['plugin.cvss2', 'plugin.cvss2Temporal', 'plugin.cvss3', 'plugin.cvss3Temporal'] as const),
  ...(['plugin.cvss4', 'plugin.vpr', 'plugin.vprV2'] as const),
]

const shareFields: readonly CsvField[] = ['plugin.epss']

const dateFields: readonly CsvField[] = [
  ...(['finding.first', 'finding.last', 'finding.fixed', 'finding.mitigated', 'finding.resurfaced'] as const),
  ...(['finding.indexed', 'host.start', 'host.end', 'host.authenticated', 'plugin.published'] as const),
  ...(['plugin.modified', 'plugin.patchPublished', 'plugin.vulnPublished'] as const),
]

export function surveyOf(
  layout: CsvLayout,
  records: readonly CsvRecord[],
  delimiter: string,
  options: ReadOptions,
): CsvHabits {
  const withoutPoint = new Set(scoreFields.filter(field => hasLostItsPoint(valuesOf(layout, records, field))))
  const dates = dateFields.flatMap(field => valuesOf(layout, records, field)).map(value => parted.exec(value.trim()))
  const pairs = dates.flatMap(found => (found ? [[Number(found[1]), Number(found[2])] as const] : []))
  const order = orderOf(pairs, delimiter, options)
  const notes = [...order.notes]
  if (withoutPoint.size > 0) {
    const names = [...withoutPoint].map(field => layout.columns[layout.places.get(field)?.[0] ?? 0])
    notes.push(
      `A spreadsheet has taken the decimal point from ${names.join(', ')}: the values were divided by ten, for none of them has a point and some are above 10.`,
    )
  }
  const inPercent = new Set(shareFields.filter(field => hasPercentages(valuesOf(layout, records, field))))
  if (inPercent.size > 0) {
    const names = [...inPercent].map(field => layout.columns[layout.places.get(field)?.[0] ?? 0])
    notes.push(`${names.join(', ')} was read as a percentage, for some of its values are above 1.`)
  }
  return { withoutPoint, inPercent, dayFirst: order.dayFirst, notes }
}

const parted = /^(\d{1,2})[/-](\d{1,2})[/-](?:\d{4}|\d{2})\b/

function valuesOf(layout: CsvLayout, records: readonly CsvRecord[], field: CsvField): string[] {
  const place = layout.places.get(field)?.[0]
  return place === undefined ? [] : records.map(record => record.cells[place] ?? '').filter(value => value !== '')
}

/** None above a hundred, and one above 1 that still has its point: then none of them is a fraction. */
function hasPercentages(values: readonly string[]): boolean {
  const told = values.map(value => value.trim()).filter(value => /^\d+([.,]\d+)?%?$/.test(value))
  const numbers = told.map(value => Number(value.replace(',', '.').replace('%', '')))
  return numbers.every(number => number <= 100) && told.some((value, at) => /[.,]/.test(value) && numbers[at]! > 1)
}

/** All whole numbers up to a hundred, and one of them above the end of the scale. */
function hasLostItsPoint(values: readonly string[]): boolean {
  const numbers = values.filter(value => /\d/.test(value))
  if (numbers.length === 0 || numbers.some(value => !/^\s*\d{1,3}\s*$/.test(value))) return false
  const scores = numbers.map(Number)
  return scores.some(score => score > 10) && scores.every(score => score <= 100)
}

function orderOf(
  pairs: readonly (readonly [number, number])[],
  delimiter: string,
  options: ReadOptions,
): { dayFirst: boolean; notes: string[] } {
  if (options.dateOrder !== undefined || pairs.length === 0) {
    return { dayFirst: options.dateOrder !== 'month-first', notes: [] }
  }
  const dayFirst = pairs.some(([first]) => first > 12)
  const monthFirst = pairs.some(([, second]) => second > 12)
  if (dayFirst !== monthFirst) return { dayFirst, notes: [] }
  // European spreadsheets write semicolons; what is left is American.
  const guess = delimiter === ';'
  const text = guess ? 'the day' : 'the month'
  return {
    dayFirst: guess,
    notes: [
      `Dates like ${pairs[0]?.join('/')} can be read in two ways; ${text} was taken to come first. Say which with the date order if that is wrong.`,
    ],
  }
}
