import type { RowIssue } from '../../domain/file-reading.ts'
import { type DateHabits, Instants } from '../formats/instants.ts'
import { isNothing, isRuined, numberOf } from '../formats/values.ts'
import type { CsvField, CsvLayout } from './csv-columns.ts'
import type { CsvHabits } from './csv-survey.ts'

/** One record by what its columns mean. */
export class CsvRow {
  readonly #layout: CsvLayout
  readonly #habits: CsvHabits
  readonly #instants: Instants
  readonly #issues: RowIssue[]
  cells: readonly string[] = []
  row = 0

  constructor(layout: CsvLayout, habits: CsvHabits, dates: DateHabits, issues: RowIssue[]) {
    this.#layout = layout
    this.#habits = habits
    this.#instants = new Instants(dates)
    this.#issues = issues
  }

  has(field: CsvField): boolean {
    return this.#layout.places.has(field)
  }

  /** As it stands, of the first column of this meaning that says something. */
  raw(field: CsvField): string {
    const places = this.#layout.places.get(field)
    if (places === undefined) return ''
    for (const place of places) {
      const cell = this.cells[place]
      if (cell !== undefined && cell !== '' && cell !== 'null') {
        if (!isRuined(cell)) return cell
        this.issue(field, `A spreadsheet has ruined the cell: it says ${cell.trim()}.`)
      }
    }
    return ''
  }

  /** Of all columns of this meaning. */
  every(field: CsvField): string[] {
    const places = this.#layout.places.get(field) ?? []
    return places.map(place => this.cells[place] ?? '').filter(cell => cell !== '' && !isRuined(cell))
  }

  text(field: CsvField): string | null {
    const cell = this.raw(field)
    return cell === '' || isNothing(cell) ? null : cell.trim()
  }

  instant(field: CsvField): string | null {
    const cell = this.text(field)
    if (cell === null) return null
    const instant = this.#instants.read(cell)
    if (instant === undefined) this.issue(field, `This is no date: ${cell.slice(0, 60)}.`)
    return instant ?? null
  }

  /** 0 to 10. */
  score(field: CsvField): number | null {
    const cell = this.text(field)
    if (cell === null) return null
    const number = numberOf(cell)
    const score = number !== undefined && this.#habits.withoutPoint.has(field) ? number / 10 : number
    if (score !== undefined && score >= 0 && score <= 10) return score
    this.issue(field, `A score from 0 to 10 was expected, not ${cell.slice(0, 40)}.`)
    return null
  }

  /** 0 to 1; a percentage is divided. */
  share(field: CsvField): number | null {
    const cell = this.text(field)
    if (cell === null) return null
    const number = numberOf(cell.replace(/%$/, ''))
    const isPercent = cell.endsWith('%') || this.#habits.inPercent.has(field)
    if (number !== undefined && number >= 0) {
      if (!isPercent && number <= 1) return number
      if ((isPercent || /[.,]/.test(cell)) && number <= 100) return Number((number / 100).toPrecision(12))
    }
    this.issue(field, `A probability from 0 to 1 was expected, not ${cell.slice(0, 40)}.`)
    return null
  }

  issue(field: string, problem: string): void {
    if (this.#issues.length < 10_000) this.#issues.push({ row: this.row, field, problem })
  }
}
