import { type Command, Option } from 'commander'
import type { z } from 'zod'
import { defaultPageSize, maxPageSize, type Page } from '../contract/page.ts'
import type { Hub } from '../hub.ts'
import { ConfigError } from '../platform/errors.ts'
import { type Context, withHub } from './context.ts'
import { type ExitCode, exitCodes } from './exit.ts'
import type { WhereOption } from './filter-options.ts'
import { type JsonOption, jsonOption, whole } from './options.ts'
import { chooseSource } from './sources.ts'
import { type Column, counted, instant, table } from './text.ts'

export interface ListOptions extends JsonOption, WhereOption {
  readonly limit: number
  readonly sort: string
  readonly cursor?: string
  readonly source?: readonly string[]
}

export interface ListRequest<S> {
  readonly limit: number
  readonly sort: S
  readonly cursor?: string
  readonly total?: boolean
}

export interface Listing<T, F, S> {
  readonly noun: string
  readonly sort: z.ZodType<S>
  readonly filter: (given: ListOptions) => F
  readonly page: (hub: Hub, filter: F, request: ListRequest<S>) => Promise<Page<T>>
  readonly columns: readonly Column<T>[]
}

export function addListOptions(command: Command, sort: string): Command {
  return command
    .addOption(new Option('--limit <number>', 'rows at most').argParser(whole(1, 1_000_000)).default(defaultPageSize))
    .addOption(new Option('--sort <key>', 'as the API sorts; a leading minus turns the order round').default(sort))
    .option('--cursor <text>', 'next_cursor of a list before, with the same filter and sort')
    .addOption(jsonOption())
}

/** One page for a person or a program, as long as they like. */
export function list<T, F, S>(context: Context, options: ListOptions, listing: Listing<T, F, S>): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const filter = listing.filter({ ...options, ...(await sourceIds(hub, options.source)) })
    const page = await read(hub, listing, filter, options, context.signal)
    context.output.answer(page, () => describe(page, listing))
    return exitCodes.done
  })
}

/** Sources are chosen by name too; filters know them by id. */
export async function sourceIds(
  hub: Hub,
  wanted: readonly string[] | undefined,
): Promise<{ source?: readonly string[] }> {
  if (wanted === undefined) return {}
  const sources = await Promise.all(wanted.map(one => chooseSource(hub, one)))
  return { source: sources.map(source => String(source.id)) }
}

async function read<T, F, S>(
  hub: Hub,
  listing: Listing<T, F, S>,
  filter: F,
  options: ListOptions,
  signal: AbortSignal,
): Promise<Page<T>> {
  const sort = listing.sort.safeParse(options.sort)
  if (!sort.success)
    throw new ConfigError('bad_sort', `--sort ${options.sort}: ${sort.error.issues[0]?.message ?? ''}.`)
  const items: T[] = []
  let cursor = options.cursor
  for (let first: Page<T> | undefined; ; ) {
    signal.throwIfAborted()
    const limit = Math.min(maxPageSize, options.limit - items.length)
    const page = await listing.page(hub, filter, {
      limit,
      sort: sort.data,
      ...(cursor === undefined ? {} : { cursor }),
    })
    first ??= page
    items.push(...page.items)
    cursor = page.next_cursor ?? undefined
    if (cursor === undefined || items.length >= options.limit) return { ...first, items, next_cursor: page.next_cursor }
  }
}

function describe<T>(
  page: Page<T>,
  { noun, columns }: { readonly noun: string; readonly columns: readonly Column<T>[] },
): string {
  const asOf = page.as_of === null ? 'no sync has been complete yet' : `complete as of ${instant(page.as_of)}`
  if (page.items.length === 0) return `No ${noun} matches; ${asOf}.`
  const total =
    page.total === undefined
      ? ''
      : ` of ${page.total_is_exact === false ? 'at least ' : ''}${counted(page.total, noun)}`
  return `${table(columns, page.items)}\n\n${counted(page.items.length, total === '' ? noun : 'row')}${total}; ${asOf}.`
}
