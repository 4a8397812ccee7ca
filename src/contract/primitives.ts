import { z } from 'zod'
import type { Json, JsonObject } from '../domain/json.ts'
import { isAgo, resolveAgo } from '../domain/query/index.ts'

/** An instant in UTC, ISO 8601, with up to microseconds. */
export const Instant = z.string().meta({ format: 'date-time', examples: ['2026-11-24T09:42:00.123456Z'] })
export const Count = z.int().nonnegative()
/** Anything JSON can hold, as a source sent it. */
export const AnyJson = z.unknown() as unknown as z.ZodType<Json, Json>
export const AnyObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject, JsonObject>

const maxInt4 = 2_147_483_647

/** Text that PostgreSQL can hold: without NUL. */
export function text(maxLength: number, minLength = 1) {
  return z
    .string()
    .min(minLength)
    .max(maxLength)
    .refine(value => !value.includes('\0'), 'must not hold a NUL character')
}

const anAddress = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])

export const AddressRange = text(50)
  .refine(value => anAddress.safeParse(value).success, 'must be an address or a range such as 10.0.0.0/8')
  .meta({ examples: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.1'] })

/** `*` stands for anything, `?` for one character; they cost time when there are many. */
export const NameGlob = text(200).refine(
  value => (value.match(/[*?]/g) ?? []).length <= 20,
  'must not have more than 20 of * and ?',
)

export const Int4Id = z.int().min(1).max(maxInt4)
/** Plugin ids start at 0 in some sources' own numbering. */
export const PluginId = z.int().min(0).max(maxInt4)
export const DeviceId = z.int().min(1)
export const AssetId = z.int().min(1)
export const RunId = z.int().min(1)
export const Port = z.int().min(0).max(65_535)

/** `true` or `false` in a query. */
export function flag() {
  return preprocessed(value => (value === 'true' ? true : value === 'false' ? false : value), z.boolean())
}

/** A number in a query. */
export function numeric<T extends z.ZodType<number, number>>(schema: T) {
  return preprocessed(toNumber, schema)
}

/** Several of a closed set: the key repeated, or values separated by commas. */
export function listOf<T extends z.ZodType<string, string>>(item: T) {
  return readonlyInput(preprocessed(splitCommas, z.array(item).min(1).max(100)))
}

/** Several numbers: the key repeated, or values separated by commas. */
export function numericListOf<T extends z.ZodType<number, number>>(item: T) {
  return readonlyInput(preprocessed(value => splitCommas(value).map(toNumber), z.array(item).min(1).max(500)))
}

/** Several free texts: the key repeated; a comma is part of the text. */
export function textList(maxLength: number) {
  return textsOf(text(maxLength))
}

/** Several texts of a form. */
export function textsOf<T extends z.ZodType<string, string>>(item: T) {
  return readonlyInput(preprocessed(value => (Array.isArray(value) ? value : [value]), z.array(item).min(1).max(100)))
}

/** Several subnets in the notation of CIDR. */
export function subnetList() {
  const subnet = z.union([z.cidrv4(), z.cidrv6()], { error: 'a subnet, as 192.0.2.0/24 or 2001:db8::/64' })
  return listOf(subnet)
}

/**
 * An instant in a query or body: ISO 8601 with a zone; a date, which means its first moment in UTC; or how long ago, as
 * `-30d`, reckoned when it is read.
 */
export function instantInput() {
  const schema = z
    .union([z.iso.datetime({ offset: true }), z.iso.date(), z.string().refine(isAgo)], {
      error: 'an instant (2026-11-01T00:00:00Z), a date (2026-11-01) or how long ago (-30d, -12h)',
    })
    .refine(value => isAgo(value) || Number(value.slice(0, 4)) >= 1, 'must be in the year 1 or later')
    .meta({ examples: ['2026-11-01T00:00:00Z', '2026-11-01', '-30d'] })
  return z.pipe(
    schema,
    z.transform(value => (isAgo(value) ? resolveAgo(value, Date.now()) : toUtc(value))),
  ) as unknown as z.ZodType<string, string>
}

/** An instant of the past in a query: ISO 8601 with a zone, or a date, which means the end of that day in UTC. */
export function momentInput() {
  const schema = z
    .union([z.iso.datetime({ offset: true }), z.iso.date()])
    .refine(value => Number(value.slice(0, 4)) >= 1, 'must be in the year 1 or later')
    .meta({ format: 'date-time', examples: ['2026-11-01', '2026-11-01T12:00:00Z'] })
  return z.pipe(schema, z.transform(toEndOfDay)) as unknown as z.ZodType<string, string>
}

/** A day in UTC. */
export const Day = z.iso.date().meta({ examples: ['2026-11-01'] })

/** z.preprocess that keeps the inner schema's input type, for callers who pass the right thing already. */
export function preprocessed<T extends z.ZodType>(
  before: (value: unknown) => unknown,
  schema: T,
): z.ZodType<z.output<T>, z.input<T>> {
  return z.preprocess(before, schema) as unknown as z.ZodType<z.output<T>, z.input<T>>
}

/** Callers may give a list that is not theirs to change. */
function readonlyInput<O, I>(schema: z.ZodType<O[], I[]>): z.ZodType<O[], readonly I[]> {
  return schema as unknown as z.ZodType<O[], readonly I[]>
}

function splitCommas(value: unknown): unknown[] {
  const values: unknown[] = Array.isArray(value) ? value : [value]
  return values.flatMap((one): unknown[] => (typeof one === 'string' ? one.split(',').map(part => part.trim()) : [one]))
}

function toNumber(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
}

/** Instants have microseconds: this is the last one. */
function toEndOfDay(value: string): string {
  return value.length === 10 ? `${value}T23:59:59.999999Z` : toUtc(value)
}

function toUtc(value: string): string {
  if (value.length === 10) return `${value}T00:00:00Z`
  // Kept as it is when it can be: Date would cut the microseconds that our own answers carry.
  return value.endsWith('Z') ? value : new Date(value).toISOString()
}
