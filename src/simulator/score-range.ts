import { badRequest } from './answer.ts'
import { objectOf, type RequestObject } from './request-body.ts'

interface Range {
  readonly asked: RequestObject
  test(value: number): boolean
}

/** A score object: eq and neq lists, or gt, gte, lt, lte. */
export function readRange(request: RequestObject, name: string): Range | undefined {
  if (request[name] === undefined || request[name] === null) return undefined
  const asked = objectOf(request[name], name)
  const numbers = (key: string): number[] => {
    const value = asked[key]
    const list = value === undefined ? [] : Array.isArray(value) ? value : [value]
    if (!list.every(item => typeof item === 'number'))
      throw badRequest(`child "${name}" fails because ["${key}" must be a number]`)
    return list as number[]
  }
  const eq = numbers('eq')
  const neq = numbers('neq')
  const [gt, gte, lt, lte] = ['gt', 'gte', 'lt', 'lte'].map(key => numbers(key)[0])
  if (eq.length > 0 && [gt, gte, lt, lte].some(bound => bound !== undefined)) {
    throw badRequest(`child "${name}" fails because ["eq" conflicts with ranges]`)
  }
  return {
    asked,
    test: value =>
      (eq.length === 0 || eq.includes(value)) &&
      !neq.includes(value) &&
      (gt === undefined || value > gt) &&
      (gte === undefined || value >= gte) &&
      (lt === undefined || value < lt) &&
      (lte === undefined || value <= lte),
  }
}
