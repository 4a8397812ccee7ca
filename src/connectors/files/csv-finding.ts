import type { FileComplianceResult, FileFinding, ReadOptions } from '../../domain/file-reading.ts'
import type { FindingState, SeverityModification } from '../../domain/finding.ts'
import type { Json } from '../../domain/json.ts'
import type { Severity } from '../../domain/severity.ts'
import { complianceStateOf } from '../formats/compliance-state.ts'
import { hostOfTarget } from '../formats/host-names.ts'
import { UnreadableRow } from '../formats/unreadable-row.ts'
import { integerOf, itemsOf, severityOf } from '../formats/values.ts'
import { instanceOf } from '../formats/web-app.ts'
import type { CsvLayout } from './csv-columns.ts'
import type { CsvRow } from './csv-row.ts'

/** @throws UnreadableRow */
export function pluginIdOf(row: CsvRow): number {
  const cell = row.raw('plugin.id').trim()
  if (cell === '')
    throw new UnreadableRow(
      'The row names no plugin, by which a finding is told from others. Export it with the plugin’s id.',
    )
  // `1.23E+05` has lost digits on its way through a spreadsheet.
  const id = /e/i.test(cell) ? undefined : integerOf(cell)
  if (id === undefined || id < 0 || id > 2_147_483_647) {
    throw new UnreadableRow(`The plugin's id is no whole number: ${cell.slice(0, 60)}.`)
  }
  return id
}

/** @throws UnreadableRow when it cannot be told which finding it is, or what it says of it */
export function csvFinding(
  row: CsvRow,
  layout: CsvLayout,
  nativeId: string,
  pluginId: number,
  options: ReadOptions,
): FileFinding {
  const { port, protocol, service } = portOf(row)
  const lastFixed = row.instant('finding.fixed') ?? row.instant('finding.mitigated')
  const lastFound = row.instant('finding.last')
  const resurfacedAt = row.instant('finding.resurfaced')
  const output = outputOf(row)
  const reason = row.text('finding.recastReason') ?? row.text('finding.acceptReason')
  return {
    row: row.row,
    nativeId,
    pluginId,
    port,
    protocol,
    instance: layout.format === 'csv:nessus-was' ? instanceOf(urlOf(row), output) : '',
    state: stateOf(row, options),
    severity: severityIn(row),
    defaultSeverity: severityOf(row.raw('finding.originalSeverity')) ?? null,
    severityModification: modificationOf(row),
    modificationReason: reason,
    firstFound: row.instant('finding.first'),
    lastFound,
    lastFixed,
    resurfacedAt,
    versionAt: row.instant('finding.indexed') ?? row.instant('host.end') ?? latest(lastFound, lastFixed, resurfacedAt),
    service,
    sensor: row.text('finding.sensor'),
    scanUuid: row.text('finding.scanUuid'),
    scanScheduleUuid: row.text('finding.schedule'),
    scanStartedAt: row.instant('host.start'),
    scanCompletedAt: row.instant('host.end'),
    scanTarget: row.text('finding.scanTarget'),
    findingId: row.text('finding.id'),
    output,
    extra: extraOf(row, layout),
  }
}

/** All are written in one form, so that their texts stand in the order of time. */
function latest(a: string | null, b: string | null, c: string | null): string | null {
  let newest = a
  if (b !== null && (newest === null || b > newest)) newest = b
  if (c !== null && (newest === null || c > newest)) newest = c
  return newest
}

/** Web-application scans name the scheme where others name the protocol, and no port. */
const schemePorts: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['https', 443],
])

function portOf(row: CsvRow): { port: number; protocol: string; service: string | null } {
  const cell = row.raw('finding.port').trim()
  const cut = cell.indexOf('/')
  const number = cut < 0 ? cell : cell.slice(0, cut)
  const beside = cut < 0 ? '' : (cell.split('/')[1] ?? '')
  const named = (row.text('finding.protocol') ?? beside).trim().toLowerCase()
  const web = schemePorts.get(named)
  const service = row.text('finding.service') ?? (web === undefined ? null : named)
  const protocol = web === undefined ? named : 'tcp'
  if (number === '') return { port: web ?? 0, protocol: protocol || 'unknown', service }
  const port = integerOf(number)
  if (port === undefined || Math.abs(port) > 2_147_483_647) {
    throw new UnreadableRow(`The port is no whole number: ${cell.slice(0, 60)}.`)
  }
  if (port < 0 || port > 65_535) row.issue('finding.port', `There is no port ${port}.`)
  return { port, protocol: protocol || 'unknown', service }
}

// Maps: a cell may say `constructor`.
const states: ReadonlyMap<string, FindingState> = new Map<string, FindingState>(
  Object.entries({
    ...{ active: 'open', new: 'open', open: 'open', resurfaced: 'reopened', reopened: 'reopened', fixed: 'fixed' },
    ...{ mitigated: 'fixed', remediated: 'fixed' },
  } as const),
)

function stateOf(row: CsvRow, options: ReadOptions): FindingState | null {
  const cell = row.text('finding.state')
  if (cell !== null) {
    const state = states.get(cell.toLowerCase())
    if (state === undefined) throw new UnreadableRow(`The state is unknown: ${cell.slice(0, 60)}.`)
    return state
  }
  if (options.state === 'fixed' || row.text('finding.mitigated') !== null) return 'fixed'
  return null
}

/** A number, where there is one, is the vendor's own; the words Risk and Risk Factor follow. */
function severityIn(row: CsvRow): Severity {
  const number = row.raw('finding.severity')
  const severity = severityOf(number) ?? severityOf(row.raw('finding.risk'))
  if (severity !== undefined) return severity
  const said = number.trim() === '' ? row.raw('finding.risk') : number
  if (said.trim() !== '') throw new UnreadableRow(`The severity is unknown: ${said.slice(0, 60)}.`)
  const plugins = severityOf(row.raw('finding.originalSeverity')) ?? severityOf(row.raw('plugin.riskFactor'))
  if (plugins === undefined) throw new UnreadableRow('The row names no severity.')
  row.issue('finding.severity', 'The row names no severity; that of the plugin was taken.')
  return plugins
}

function modificationOf(row: CsvRow): SeverityModification | null {
  const word = (row.text('finding.modification') ?? '').toLowerCase()
  if (/^recast(ed)?$/.test(word)) return 'recasted'
  if (/^accept(ed)?$/.test(word)) return 'accepted'
  if (word !== '') row.issue('finding.modification', `The kind of modification is unknown: ${word.slice(0, 40)}.`)
  if (row.text('finding.acceptReason') !== null) return 'accepted'
  if (row.has('finding.acceptReason') && row.text('finding.recastReason') !== null) return 'recasted'
  return row.has('finding.modification') || row.has('finding.acceptReason') ? 'none' : null
}

/** Security Center puts a heading before it. */
function outputOf(row: CsvRow): string | null {
  const output = row.raw('finding.output').replace(/^Plugin Output:[ \t]*\r?\n?/, '')
  return output.trim() === '' ? null : output
}

function urlOf(row: CsvRow): string | null {
  return row.text('finding.url') ?? hostOfTarget(row.raw('host.target')).url
}

function extraOf(row: CsvRow, layout: CsvLayout): Record<string, Json> | null {
  if (layout.unknown.length === 0) return null
  const told = layout.unknown.filter(column => !column.isPlugin && (row.cells[column.place] ?? '') !== '')
  if (told.length === 0) return null
  return Object.fromEntries(told.map(column => [column.name, row.cells[column.place] ?? '']))
}

/** @throws UnreadableRow when it names no check or no result */
export function csvCompliance(row: CsvRow, layout: CsvLayout, nativeId: string): FileComplianceResult {
  const name =
    row.text('audit.name') ?? row.text('plugin.name') ?? row.text('audit.fullId') ?? row.text('audit.checkId')
  if (name === null) throw new UnreadableRow('The row names no check.')
  // Audits say their outcome where others say open or fixed.
  const result = row.text('audit.result') ?? row.text('finding.state') ?? ''
  const state = complianceStateOf(result)
  if (state === undefined) throw new UnreadableRow(`The result of the check is unknown: ${result.slice(0, 60)}.`)
  const pluginId = integerOf(row.raw('plugin.id'))
  const fullId = row.text('audit.fullId')
  const lastSeen = row.instant('finding.last')
  return {
    row: row.row,
    nativeId,
    check: {
      auditFile: row.text('audit.file') ?? row.text('plugin.name') ?? 'unnamed audit',
      nativeId: fullId ?? `name:${name}`,
      name,
      info: row.text('audit.info') ?? row.text('plugin.description'),
      solution: row.text('audit.solution') ?? row.text('plugin.solution'),
      synopsis: row.text('plugin.synopsis'),
      seeAlso: row.text('audit.seeAlso') ?? row.text('plugin.seeAlso'),
      pluginId: pluginId ?? null,
      pluginName: row.text('plugin.name'),
      profileName: row.text('audit.profile'),
      benchmarkName: row.text('audit.benchmark'),
      benchmarkVersion: row.text('audit.benchmarkVersion'),
      vendorCheckId: row.text('audit.checkId'),
      controlId: row.text('audit.controlId'),
      functionalId: row.text('audit.functionalId'),
      informationalId: row.text('audit.informationalId'),
      metadataId: null,
      dbType: null,
      refs: itemsOf(row.text('audit.refs') ?? '').sort(),
    },
    state,
    actualValue: row.text('audit.actual'),
    expectedValue: row.text('audit.expected'),
    checkError: row.text('audit.error'),
    description: null,
    firstSeen: row.instant('finding.first'),
    lastSeen,
    extra: extraOf(row, layout),
  }
}
