import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { type Command, Option } from 'commander'
import { type ExportFormat, exportFormats } from '../../contract/routes.ts'
import type { Hub } from '../../hub.ts'
import { ConfigError, messageOf } from '../../platform/errors.ts'
import { type Act, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { addFilterOptions, filterOf, type WhereOption } from '../filter-options.ts'
import { sourceIds } from '../list.ts'
import type { JsonOption } from '../options.ts'
import { assetChoice } from './assets.ts'
import { findingChoice } from './findings.ts'

interface ExportOptions extends WhereOption, JsonOption {
  readonly format: ExportFormat
  readonly output?: string
  readonly counted?: boolean
  readonly withOutput?: boolean
  readonly source?: readonly string[]
}

export function exportCommand(program: Command, act: Act): void {
  const command = program
    .command('export')
    .summary('every finding or asset, as a stream of rows')
    .description('Writes every row to standard output, or to a file, in memory that does not grow with their number.')
  const findings = command
    .command('findings')
    .summary('every finding')
    .description(`${rowsOf('finding')} Fixed and ended ones too, with their dates.`)
  addFilterOptions(findings, findingChoice)
  addExportOptions(findings)
    .option('--with-output', 'with the plugin’s output, which is most of the bytes')
    .action(act(exportFindings))
  const assets = command
    .command('assets')
    .summary('every asset')
    .description(`${rowsOf('asset')} Deleted, terminated and aged-out ones too.`)
  addFilterOptions(assets, assetChoice)
  addExportOptions(assets).action(act(exportAssets))
}

function rowsOf(noun: string): string {
  return `Every ${noun}, one row each, whatever the default count leaves out; --counted for those that it counts.`
}

function addExportOptions(command: Command): Command {
  return command
    .addOption(new Option('--format <format>', 'how rows are written').choices(exportFormats).default('ndjson'))
    .option('--json', 'the same as --format json')
    .option('--output <file>', 'write to a file, which is there only when it is whole')
    .option('--counted', 'only rows of the default count')
}

function exportFindings(context: Context, query: readonly string[], options: ExportOptions): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const filter = filterOf(findingChoice, await withDefaults(hub, { ...options, query }))
    const { withOutput = false } = options
    // An output may be a megabyte, and a batch is in memory whole.
    const batch = withOutput ? { batchSize: 200 } : {}
    return write(context, options, hub.read.exportFindings({ filter, format: formatOf(options), withOutput, ...batch }))
  })
}

function exportAssets(context: Context, query: readonly string[], options: ExportOptions): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const filter = filterOf(assetChoice, await withDefaults(hub, { ...options, query }))
    return write(context, options, hub.read.exportAssets({ filter, format: formatOf(options) }))
  })
}

function formatOf(options: ExportOptions): ExportFormat {
  return options.json ? 'json' : options.format
}

/** An export is a copy: it has everything unless somebody chooses. */
async function withDefaults(hub: Hub, options: ExportOptions & { readonly include?: readonly string[] }) {
  const isSaid = options.counted || options.query?.some(word => /\binclude:/i.test(word))
  const include = options.include ?? (isSaid ? [] : ['all'])
  return { ...options, include, ...(await sourceIds(hub, options.source)) }
}

async function write(
  context: Context,
  options: ExportOptions,
  rows: AsyncIterable<string | Uint8Array>,
): Promise<ExitCode> {
  const { output, signal } = context
  if (options.output !== undefined) {
    await writeFile(options.output, rows, signal)
    return exitCodes.done
  }
  if (formatOf(options) === 'parquet' && output.isTerminal)
    throw new ConfigError('output_file_needed', 'Parquet is no text for a terminal: name a file with --output.')
  for await (const piece of rows) {
    signal.throwIfAborted()
    await output.write(piece)
  }
  return exitCodes.done
}

/** Whoever finds the file must be able to trust that all of it is there. */
async function writeFile(file: string, rows: AsyncIterable<string | Uint8Array>, signal: AbortSignal): Promise<void> {
  const draft = `${file}.part`
  try {
    await pipeline(rows, createWriteStream(draft), { signal })
    await rename(draft, file)
  } catch (cause) {
    await rm(draft, { force: true })
    if (!isFileFault(cause)) throw cause
    throw new ConfigError('bad_output_file', `${file} cannot be written: ${messageOf(cause)}.`, { cause })
  }
}

function isFileFault(thrown: unknown): boolean {
  return thrown instanceof Error && 'syscall' in thrown && 'path' in thrown
}
