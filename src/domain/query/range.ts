export interface NumberBounds {
  readonly from?: number
  readonly to?: number
}

const number = /^\d{1,9}(\.\d{1,9})?$/

/**
 * What a value of a number field says: `7`, `>=7`, `<7`, `7..9`; both bounds inclusive.
 * @param step the smallest difference between two values: what lies strictly above 7 begins at 7 + step
 * @returns a text with what is wrong
 */
export function readRange(text: string, step: number): NumberBounds | string {
  const [, operator = '', rest = ''] = /^(>=|<=|>|<|)(.*)$/s.exec(text) ?? []
  const [first = '', second] = operator === '' ? rest.split('..', 2) : [rest]
  if (!number.test(first) || (second !== undefined && !number.test(second))) {
    return 'Write a number, >=7, <7 or a range 7..9.'
  }
  const value = Number(first)
  if (second !== undefined) {
    return value <= Number(second) ? { from: value, to: Number(second) } : `${first} is more than ${second}.`
  }
  switch (operator) {
    case '>':
      return { from: rounded(value + step, step) }
    case '>=':
      return { from: value }
    case '<':
      return value < step ? 'Nothing is less than this.' : { to: rounded(value - step, step) }
    case '<=':
      return { to: value }
    default:
      return { from: value, to: value }
  }
}

/** Sums of decimals without their binary dust. */
function rounded(value: number, step: number): number {
  return Number(value.toFixed(Math.max(0, Math.ceil(-Math.log10(step)))))
}
