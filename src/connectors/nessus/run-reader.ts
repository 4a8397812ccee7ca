import type { ComplianceResult } from '../../domain/compliance.ts'
import type { FileComplianceResult, FileFinding } from '../../domain/file-reading.ts'
import type { Finding } from '../../domain/finding.ts'
import type { PluginDescription } from '../../domain/plugin.ts'
import { SourceError } from '../../platform/errors.ts'
import type { Batch, QualityIssue, Rejected, ScannedHost } from '../connector.ts'
import { maxRawBytes } from '../formats/json-array.ts'
import { type NessusHost, nessusHost } from '../formats/nessus-host.ts'
import { isCompliance, itemPluginId, namelessItem, nessusCompliance, nessusFinding } from '../formats/nessus-item.ts'
import { nessusPlugin } from '../formats/nessus-plugin.ts'
import type { XmlHost, XmlItem, XmlPolicy } from '../formats/nessus-xml.ts'
import { UnreadableRow } from '../formats/unreadable-row.ts'
import { type PluginSwitch, switchOf } from './policy.ts'
import type { ReadableRun } from './runs.ts'
import { scanInformationId, termsOf } from './scan-terms.ts'

const findingsAtOnce = 2_000
const weightAtOnce = 8_000_000

/** One machine of a run, while it is read. */
interface OpenHost {
  readonly told: XmlHost
  readonly host: NessusHost | undefined
  readonly findings: Map<string, FileFinding>
  readonly compliance: FileComplianceResult[]
  information: string | null
  hasRejected: boolean
}

/** What a run saw, machine by machine, from an export or from asking about each: as batches that the merge can judge. */
export class RunReader {
  readonly #scanId: number
  readonly #run: ReadableRun
  readonly #plugins = new Map<number, PluginDescription & { readonly hasText: boolean }>()
  #policy: XmlPolicy | undefined
  #switch: PluginSwitch = () => null
  #host: OpenHost | undefined
  #row = 0
  /** Something is missing from a machine, nobody knows which. */
  #hasStray = false
  #assets: NessusHost[] = []
  #hosts: ScannedHost[] = []
  #findings: Finding[] = []
  #compliance: ComplianceResult[] = []
  #rejected: Rejected[] = []
  #issues: QualityIssue[] = []
  #weight = 0

  constructor(scanId: number, run: ReadableRun) {
    this.#scanId = scanId
    this.#run = run
  }

  policy(policy: XmlPolicy): void {
    this.#policy = policy
    this.#switch = switchOf(policy)
  }

  begin(told: XmlHost): void {
    const host = nessusHost(told, 0)
    this.#host = { told, host, findings: new Map(), compliance: [], information: null, hasRejected: false }
  }

  item(item: XmlItem): void {
    this.#row += 1
    const open = this.#host
    if (!open) {
      this.#hasStray = true
      this.#rejected.push({ reason: namelessItem(null), raw: rawOf(null, item) })
      return
    }
    try {
      if (!open.host) throw new UnreadableRow(namelessItem(open.told.name))
      if (isCompliance(item)) open.compliance.push(nessusCompliance(this.#row, item, open.host))
      else this.#keep(open, nessusFinding(this.#row, item, open.host), item)
    } catch (thrown) {
      if (!(thrown instanceof UnreadableRow)) throw thrown
      open.hasRejected = true
      this.#rejected.push({ reason: thrown.message, raw: rawOf(open.told.name, item) })
    }
  }

  end(): void {
    const open = this.#host
    this.#host = undefined
    if (!open?.host) return
    const { host } = open
    const { startedAt, endedAt } = timesOf(host, this.#run)
    const isCredentialed = open.told.tags.get('Credentialed_Scan')?.trim() === 'true'
    this.#assets.push(host)
    this.#hosts.push({
      nativeId: host.host.nativeId,
      aliases: aliasesOf(host),
      startedAt,
      endedAt,
      isWhole: this.#run.isWhole && open.information !== null && !open.hasRejected && !this.#hasStray,
      terms: termsOf(open.information, this.#policy, isCredentialed),
      runs: this.#switch,
    })
    for (const finding of open.findings.values())
      this.#findings.push(this.#findingOf(finding, host, startedAt, endedAt))
    for (const result of open.compliance) this.#compliance.push(complianceOf(result, host, endedAt))
  }

  get isFull(): boolean {
    return (
      this.#findings.length + this.#compliance.length + this.#rejected.length >= findingsAtOnce ||
      this.#weight > weightAtOnce
    )
  }

  /** What has been read since: machines before what was found on them. */
  *take(bytes: number, isLast: boolean): Generator<Batch> {
    const [assets, hosts, findings, compliance] = [this.#assets, this.#hosts, this.#findings, this.#compliance]
    const [rejected, issues] = [this.#rejected, this.#issues]
    this.#assets = []
    this.#hosts = []
    this.#findings = []
    this.#compliance = []
    this.#rejected = []
    this.#issues = []
    this.#weight = 0
    if (assets.length > 0) {
      const rows = assets.map(host => ({ ...host.host.asset, aliases: aliasesOf(host) }))
      yield { stream: 'assets', rows, rejected: [], issues: [], bytes: 0, isAhead: true }
    }
    const historyId = this.#run.historyId ?? Math.floor(Date.parse(this.#run.endedAt ?? '') / 1000)
    if (Number.isNaN(historyId)) throw unnamedRun()
    const sightings = { scanId: this.#scanId, historyId, hosts, isLast }
    yield { stream: 'findings', rows: findings, rejected, issues, bytes, sightings }
    if (compliance.length > 0) yield { stream: 'compliance', rows: compliance, rejected: [], issues: [], bytes: 0 }
  }

  /** A plugin that reports twice at one port says two things of one finding. */
  #keep(open: OpenHost, finding: FileFinding, item: XmlItem): void {
    if (finding.pluginId === scanInformationId) open.information = finding.output ?? ''
    const key = `${finding.pluginId}|${finding.port}|${finding.protocol}|${finding.instance}`
    const other = open.findings.get(key)
    open.findings.set(key, other ? united(other, finding) : finding)
    this.#weight += 500 + (finding.output?.length ?? 0)
    this.#learn(item)
  }

  #learn(item: XmlItem): void {
    const pluginId = itemPluginId(item)
    const hasText = item.children.has('description')
    const known = this.#plugins.get(pluginId)
    // An item that says nothing of its plugin comes first now and then.
    if (known && (known.hasText || !hasText)) return
    this.#plugins.set(pluginId, { pluginId, hasText, describe: () => nessusPlugin(pluginId, item) })
  }

  #findingOf(found: FileFinding, { host }: NessusHost, startedAt: string, endedAt: string): Finding {
    return {
      assetNativeId: host.nativeId,
      asset: observedOf(host),
      pluginId: found.pluginId,
      plugin: this.#plugins.get(found.pluginId)!,
      port: found.port,
      protocol: found.protocol,
      instance: found.instance,
      state: 'open',
      severity: found.severity,
      defaultSeverity: found.defaultSeverity,
      severityModification: 'none',
      modificationReason: null,
      modificationRuleId: null,
      firstFound: endedAt,
      lastFound: endedAt,
      lastFixed: null,
      resurfacedAt: null,
      timeTakenToFixSeconds: null,
      indexedAt: null,
      versionAt: endedAt,
      service: found.service,
      sensor: null,
      scanUuid: this.#run.uuid,
      scanScheduleUuid: null,
      scanStartedAt: this.#run.startedAt ?? startedAt,
      scanCompletedAt: this.#run.endedAt ?? endedAt,
      scanTarget: found.scanTarget,
      nativeId: null,
      output: found.output,
      extra: found.extra,
    }
  }
}

function unnamedRun(): SourceError {
  return new SourceError('bad_request', 'later', 'Nessus told neither a number nor an end of a run.')
}

function united(a: FileFinding, b: FileFinding): FileFinding {
  const outputs = [...new Set([a.output, b.output].filter(text => text !== null))]
  return { ...a, output: outputs.length === 0 ? null : outputs.join('\n\n') }
}

const observed = new WeakMap<NessusHost['host'], Finding['asset']>()

/** One object for all findings of a machine: nobody writes it twice. */
function observedOf(host: NessusHost['host']): Finding['asset'] {
  const known = observed.get(host)
  if (known) return known
  const made = { ...host.observed, aliases: [host.nativeId, ...host.aliases] }
  observed.set(host, made)
  return made
}

function aliasesOf({ host }: NessusHost): readonly string[] {
  return [host.nativeId, ...host.aliases]
}

function complianceOf(
  { row: _row, nativeId, ...result }: FileComplianceResult,
  { host }: NessusHost,
  endedAt: string,
): ComplianceResult {
  const at = result.lastSeen ?? endedAt
  return {
    ...result,
    assetNativeId: nativeId,
    asset: observedOf(host),
    vendorState: null,
    lastSeen: at,
    lastFixed: null,
    lastObserved: at,
    indexedAt: at,
  }
}

const quarterMs = 15 * 60_000

/**
 * When a machine was scanned. Older versions tell it in the scanner's own time without a zone: what then lies outside the
 * run is moved into it by quarters of an hour.
 */
function timesOf(host: NessusHost, run: ReadableRun): { readonly startedAt: string; readonly endedAt: string } {
  const [from, to] = [run.startedAt, run.endedAt].map(text => (text === null ? Number.NaN : Date.parse(text))) as [
    number,
    number,
  ]
  let start = host.startedAt === null ? from : Date.parse(host.startedAt)
  let end = host.endedAt === null ? to : Date.parse(host.endedAt)
  if (Number.isNaN(start)) start = end
  if (Number.isNaN(end)) end = start
  if (Number.isNaN(start)) throw unnamedRun()
  const after = Number.isNaN(to) ? 0 : Math.max(0, Math.ceil((end - to - 60_000) / quarterMs))
  const before = Number.isNaN(from) ? 0 : Math.max(0, Math.ceil((from - 60_000 - start) / quarterMs))
  const shift = (before > 0 ? before : -after) * quarterMs
  return {
    startedAt: new Date(Math.min(start, end) + shift).toISOString(),
    endedAt: new Date(end + shift).toISOString(),
  }
}

/** What the item said, for a person; the document's own text is gone by then. */
function rawOf(host: string | null, { attributes, children }: XmlItem): string {
  return JSON.stringify({ host, ...attributes, ...Object.fromEntries(children) }).slice(0, maxRawBytes)
}
