import type { Command } from 'commander'
import type { z } from 'zod'
import { ConfigError } from '../platform/errors.ts'
import { collect } from './options.ts'

/** An option of the command line that fills one key of the API's filter. */
export interface FilterOption {
  readonly flag: string
  readonly about: string
  readonly key: string
}

export interface WhereOption {
  readonly where?: readonly string[]
}

/** Adds the usual filters as options of their own, and any other as `--where key=value`. */
export function addFilterOptions(command: Command, options: readonly FilterOption[], schema: z.ZodObject): Command {
  for (const { flag, about } of options) command.option(flag, about, collect)
  const others = Object.keys(schema.shape).filter(key => !options.some(option => option.key === key))
  return command.option(
    '--where <key=value>',
    `any other filter of the API, several allowed: ${others.join(', ')}`,
    collect,
  )
}

/**
 * The options as the API's filter, checked by the API's own rules.
 * @throws ConfigError `bad_filter`
 */
export function filterOf<S extends z.ZodObject>(
  schema: S,
  options: readonly FilterOption[],
  given: object,
): z.output<S> {
  const value = (name: string) => valuesOf((given as Readonly<Record<string, unknown>>)[name])
  const query: Record<string, string[]> = {}
  const add = (key: string, values: readonly string[]) => {
    query[key] = [...(query[key] ?? []), ...values]
  }
  for (const option of options) add(option.key, value(optionName(option.flag)))
  for (const text of value('where')) {
    const at = text.indexOf('=')
    if (at < 1) throw new ConfigError('bad_filter', `--where takes key=value, not "${text}".`)
    add(text.slice(0, at).trim(), [text.slice(at + 1)])
  }
  // As a query string says it: one value is the value, several are a list, none is nothing.
  const entries = Object.entries(query).flatMap(([key, values]) =>
    values.length === 0 ? [] : [[key, values.length === 1 ? values[0] : values] as const],
  )
  const parsed = schema.safeParse(Object.fromEntries(entries))
  if (parsed.success) return parsed.data
  throw new ConfigError('bad_filter', parsed.error.issues.map(issue => problemOf(issue, options)).join('\n'))
}

function problemOf(issue: z.core.$ZodIssue, options: readonly FilterOption[]): string {
  if (issue.code === 'unrecognized_keys') return `There is no filter ${issue.keys.join(', ')}.`
  const key = String(issue.path[0] ?? '')
  const flag = options.find(option => option.key === key)?.flag.split(' ')[0]
  return `${flag ?? `--where ${key}`}: ${issue.message}.`
}

function optionName(flag: string): string {
  const name = /--([a-z-]+)/.exec(flag)?.[1] ?? ''
  return name.replace(/-([a-z])/g, (_whole, letter: string) => letter.toUpperCase())
}

function valuesOf(given: unknown): readonly string[] {
  return Array.isArray(given) ? given.filter(value => typeof value === 'string') : []
}
