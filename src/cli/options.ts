import { InvalidArgumentError, Option } from 'commander'
import { momentInput } from '../contract/primitives.ts'

export interface JsonOption {
  readonly json?: boolean
}

export const jsonOption = () => new Option('--json', 'print one JSON object, for programs')

export interface SourceOption {
  readonly source?: string
}

export const sourceOption = (about: string) => new Option('--source <name|id>', about)

/** Parses a whole number within a range. */
export function whole(min: number, max: number): (text: string) => number {
  return text => {
    const value = Number(text.replaceAll('_', ''))
    if (!/^\d[\d_]*$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
    }
    return value
  }
}

const anInstant = momentInput()

/** Parses an instant of the past; a date is the end of that day in UTC. */
export function moment(text: string): string {
  const parsed = anInstant.safeParse(text)
  if (!parsed.success)
    throw new InvalidArgumentError('It must be a date or an instant, such as 2026-11-01 or 2026-11-01T12:00:00Z.')
  return parsed.data
}

/** Parses values separated by commas; the option may be repeated. */
export function listOf<const T extends string>(
  choices: readonly T[],
): (text: string, before?: readonly T[]) => readonly T[] {
  return (text, before = []) => {
    const values = text.split(',').map(value => {
      const choice = choices.find(one => one === value.trim().toLowerCase())
      if (choice === undefined) throw new InvalidArgumentError(`It must be of ${choices.join(', ')}.`)
      return choice
    })
    return [...before, ...values]
  }
}

/** Parses one value of an option that may be repeated. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
