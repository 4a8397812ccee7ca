import type { Command } from 'commander'
import type { z } from 'zod'
import { parseQuery, type QueryField, type QueryFilter } from '../domain/query/index.ts'
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
  /** The words of the command line that are no options: a query of the query language. */
  readonly query?: readonly string[]
}

/** What a list can be asked by: the API's filter, the options that fill it, the words that choose. */
export interface Choice<S extends z.ZodObject> {
  readonly schema: S
  readonly options: readonly FilterOption[]
  /** Left out: only by options. */
  readonly fields?: readonly QueryField[]
}

/** Adds the usual filters as options of their own, and any other as `--where key=value`. */
export function addFilterOptions(command: Command, { options, schema, fields = [] }: Choice<z.ZodObject>): Command {
  const names = fields.map(field => field.names[0])
  if (names.length > 0)
    command.argument(
      '[query...]',
      `what to choose, in quotes, as 'vpr:>=7 age:>30d tag:"Env:Prod"': ${names.join(', ')}`,
    )
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
  { schema, options, fields = [] }: Choice<S>,
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
  const asked = queryOf(value('query').join(' '), fields)
  const twice = entries.find(([key]) => key in asked)?.[0]
  if (twice !== undefined)
    throw new ConfigError('bad_filter', `${twice} is both in the query and an option; say it once.`)
  const parsed = schema.safeParse({ ...Object.fromEntries(entries), ...asked })
  if (parsed.success) return parsed.data
  throw new ConfigError('bad_filter', parsed.error.issues.map(issue => problemOf(issue, options)).join('\n'))
}

/** The mistakes are shown under the place where they are. */
function queryOf(text: string, fields: readonly QueryField[]): QueryFilter {
  const { filter, problems } = parseQuery(text, fields)
  if (problems.length === 0) return filter
  const shown = problems.map(({ from, to, message }) => {
    const marks = `${' '.repeat(from)}${'^'.repeat(Math.max(1, to - from))}`
    return `${text}\n${marks}\n${message}`
  })
  throw new ConfigError('bad_query', shown.join('\n'))
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
