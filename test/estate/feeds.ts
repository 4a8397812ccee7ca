import { Secret } from '../../src/platform/secret.ts'
import type { Asset } from '../../src/simulator/asset.ts'
import { iso } from '../../src/simulator/clock.ts'
import { startSimulator } from '../../src/simulator/index.ts'
import {
  fullTerms,
  type Machine,
  type NessusPlugin,
  type Protocol,
  startNessusSimulator,
  type Weakness,
} from '../../src/simulator/nessus/index.ts'
import { hostOf, isHost, keyOf } from '../../src/simulator/sc/host.ts'
import { startScSimulator } from '../../src/simulator/sc/index.ts'
import { fileSourceFor } from '../../src/store/imports/file-source.ts'
import { getImport } from '../../src/store/imports/imports.ts'
import { createSource, type SourceKind } from '../../src/store/sources.ts'
import type { Importer } from '../../src/sync/imports/importer.ts'
import { tester } from '../support/mirror.ts'
import { csvOf } from '../support/read-file.ts'
import type { Mirroring } from './mirroring.ts'
import type { Truth, TruthFinding, TruthMachine, TruthRecord } from './truth.ts'

// Everybody who looks at the estate. Another place that does is one more line in `feeds`.

/** A record as we store it: enough to say which machine it is of. */
export interface StoredRecord {
  readonly native_id: string
  readonly ipv4s: readonly string[]
}

export interface Fed {
  readonly sourceId: number
  /** What the place would report. */
  readonly truth: readonly TruthRecord[]
  /** Of which machine a record of it is. */
  readonly machineOf: (record: StoredRecord) => number | undefined
}

export interface Feed {
  readonly name: string
  readonly feed: (truth: Truth, into: Mirroring) => Promise<Fed>
}

export const feeds: readonly Feed[] = [
  { name: 'Vulnerability Management', feed: feedVm },
  { name: 'Security Center', feed: feedSc },
  { name: 'Nessus', feed: feedNessus },
  { name: 'CSV', feed: (truth, { importer, database }) => feedFile(truth, importer, database, csv) },
  { name: 'nessus file', feed: (truth, { importer, database }) => feedFile(truth, importer, database, nessusFile) },
]

async function feedVm(truth: Truth, into: Mirroring): Promise<Fed> {
  const place = await startSimulator(truth.options)
  try {
    const sourceId = await sync(into, { name: 'VM', kind: 'tenable-vm', ...place })
    const byUuid = new Map(truth.simulation.estate.assets.map(asset => [asset.uuid, asset.host]))
    return {
      sourceId,
      truth: truth.machines.map(one => ({
        machine: one.machine,
        isCounted: one.asset.licensed,
        findings: one.findings,
      })),
      machineOf: record => byUuid.get(record.native_id),
    }
  } finally {
    await place.stop()
  }
}

async function feedSc(truth: Truth, into: Mirroring): Promise<Fed> {
  const place = await startScSimulator(truth.options)
  try {
    const sourceId = await sync(into, { name: 'SC', kind: 'tenable-sc', ...place })
    const idOf = (asset: Asset) =>
      Object.entries(keyOf(hostOf(truth.simulation, asset, true)))
        .map(([field, value]) => `${field}=${value.toLowerCase()}`)
        .join('|')
    const met = truth.machines.filter(one => isHost(one.asset))
    const byId = new Map(met.map(one => [idOf(one.asset), one.machine]))
    const reported = [...place.truth()].map(row => ({
      id: Object.entries(row.host)
        .map(([field, value]) => `${field}=${value.toLowerCase()}`)
        .join('|'),
      plugin: row.plugin_id,
      port: row.port,
      protocol: row.protocol.toLowerCase(),
      state: row.state,
      severity: ['info', 'low', 'medium', 'high', 'critical'].indexOf(row.severity),
    }))
    const perHost = Map.groupBy(reported, row => row.id)
    return {
      sourceId,
      truth: met.map(one => ({
        machine: one.machine,
        isCounted: true,
        findings: perHost.get(idOf(one.asset)) ?? [],
      })),
      machineOf: record => byId.get(record.native_id),
    }
  } finally {
    await place.stop()
  }
}

/**
 * A scanner of some of the machines, which it visits three times: what is fixed it no longer sees the second time, what is
 * back it misses the second time and sees the third.
 */
async function feedNessus(truth: Truth, into: Mirroring): Promise<Fed> {
  // That it was scanned is found of every machine, each time.
  const scanned = { plugin: 19506, port: 0, protocol: 'tcp', state: 'open', severity: 0 } as const
  const met = truth.machines
    .filter(one => isNamed(one) && one.machine % 2 === 0)
    .map(one => ({ ...one, findings: one.findings.filter(({ plugin }) => plugin !== scanned.plugin) }))
  const plugins = new Map<number, NessusPlugin>()
  const machines = met.map(({ facts, findings }, index): Machine => {
    const weaknesses = findings.map((one): [string, Weakness] => {
      const plugin = nessusPlugin(one)
      if (!plugins.has(plugin.id)) plugins.set(plugin.id, plugin)
      const { port } = one
      const protocol = one.protocol as Protocol
      return [keyOfFinding(one), { plugin, port, protocol }]
    })
    return {
      index,
      ip: facts.ipv4,
      fqdn: facts.fqdn!,
      netbios: facts.netbios ?? null,
      mac: facts.mac.toLowerCase(),
      biosUuid: facts.biosUuid ?? null,
      system: facts.operatingSystems[0] ?? 'Linux',
      isUp: true,
      weaknesses: new Map(weaknesses),
    }
  })
  const place = await startNessusSimulator({ given: { machines, plugins: [...plugins.values()] }, exportPolls: 0 })
  try {
    const { world, control } = place
    const scan = world.addScan('Everything', { ...fullTerms, targets: machines.map(({ index }) => index) })
    world.run(scan)
    const sourceId = await sync(into, { name: 'Nessus', kind: 'nessus', ...place })
    const allWeaknesses = machines.map(({ weaknesses }) => new Map(weaknesses))
    const seenAgain = (isThere: (state: TruthFinding['state']) => boolean) => {
      for (const [index, { weaknesses }] of machines.entries()) {
        for (const one of met[index]!.findings) {
          const key = keyOfFinding(one)
          const all = allWeaknesses[index]!
          if (isThere(one.state)) weaknesses.set(key, all.get(key)!)
          else weaknesses.delete(key)
        }
      }
      control.advance({ days: 1 })
      world.run(scan)
      return syncAgain(into, 'Nessus', sourceId)
    }
    await seenAgain(state => state === 'open')
    await seenAgain(state => state !== 'fixed')
    const byAddress = new Map(met.map(one => [one.facts.ipv4, one.machine]))
    return {
      sourceId,
      truth: met.map(({ machine, findings }) => ({ machine, isCounted: true, findings: [...findings, scanned] })),
      machineOf: record => byAddress.get(record.ipv4s[0] ?? ''),
    }
  } finally {
    await place.stop()
  }
}

function nessusPlugin({ plugin, pluginName, severity }: TruthFinding): NessusPlugin {
  const rest = { family: 'General', isLocal: false, ports: [], service: 'general', cve: null }
  return { id: plugin, name: pluginName, severity: severity as NessusPlugin['severity'], ...rest }
}

function keyOfFinding({ plugin, port, protocol }: TruthFinding): string {
  return `${plugin}|${port}|${protocol}`
}

interface Place {
  readonly name: string
  readonly kind: SourceKind
  readonly url: string
  readonly accessKey: string
  readonly secretKey: string
}

async function sync(into: Mirroring, place: Place): Promise<number> {
  const { database, sealing } = into
  const credentials = { accessKey: new Secret(place.accessKey), secretKey: new Secret(place.secretKey) }
  const { name, kind, url: baseUrl } = place
  const { id } = await createSource(
    { database, sealing },
    { name, kind, baseUrl, credentials, settings: kind === 'tenable-vm' ? {} : { auth: 'keys' } },
    tester,
  )
  await syncAgain(into, name, id)
  return id
}

async function syncAgain({ database, engine }: Mirroring, name: string, sourceId: number): Promise<void> {
  const { runId } = await engine.requestRun({ sourceId, kind: 'full', trigger: 'cli' }, tester)
  await engine.waitForRun(runId)
  const { rows } = await database.query<{ status: string; error_message: string | null }>(
    'select status, error_message from run where run_id = $1',
    [runId],
  )
  if (rows[0]?.status !== 'completed') throw new Error(`the run of ${name} ended ${JSON.stringify(rows[0])}`)
}

interface FileKind {
  readonly name: string
  readonly file: string
  /** Which machines somebody exported. */
  readonly isIn: (one: TruthMachine) => boolean
  readonly textOf: (machines: readonly TruthMachine[]) => string
}

/** A name and an address are what a file may know; of a machine with less nobody could tell which it is. */
const isNamed = ({ facts, asset, findings }: TruthMachine) =>
  facts.fqdn !== undefined && asset.lastScan !== 0 && findings.some(one => one.state === 'open')

const csv: FileKind = {
  name: 'Spreadsheets',
  file: 'export.csv',
  isIn: one => isNamed(one) && one.machine % 3 !== 1,
  textOf: machines =>
    csvOf([
      [
        'Plugin ID',
        'Name',
        'Severity',
        'Host',
        'IP Address',
        'FQDN',
        'OS',
        'Port',
        'Protocol',
        'First Found',
        'Last Found',
      ],
      ...machines.flatMap(({ facts, findings }) =>
        findings.map(one => [
          String(one.plugin),
          one.pluginName,
          ['Info', 'Low', 'Medium', 'High', 'Critical'][one.severity]!,
          facts.fqdn!,
          facts.ipv4,
          facts.fqdn!,
          facts.operatingSystems[0] ?? '',
          String(one.port),
          one.protocol.toUpperCase(),
          iso(one.firstFound),
          iso(one.lastFound),
        ]),
      ),
    ]),
}

const nessusFile: FileKind = {
  name: 'Laptop scans',
  file: 'report.nessus',
  isIn: one => isNamed(one) && one.machine % 3 !== 2,
  textOf: machines =>
    `<?xml version="1.0" ?>
<NessusClientData_v2><Report name="estate">${machines.map(reportHost).join('')}</Report></NessusClientData_v2>`,
}

function reportHost({ facts, asset, findings }: TruthMachine): string {
  const tags = {
    'host-ip': facts.ipv4,
    'host-fqdn': facts.fqdn,
    'mac-address': facts.mac,
    'operating-system': facts.operatingSystems[0],
    HOST_START: nessusDate(asset.lastScan - 600_000),
    HOST_END: nessusDate(asset.lastScan),
  }
  const items = findings.map(
    one =>
      `<ReportItem port="${one.port}" svc_name="general" protocol="${one.protocol}" severity="${one.severity}" pluginID="${one.plugin}" pluginName="${one.pluginName}" pluginFamily="General"><plugin_output>out</plugin_output></ReportItem>`,
  )
  const properties = Object.entries(tags).flatMap(([name, value]) =>
    value === undefined ? [] : `<tag name="${name}">${value}</tag>`,
  )
  return `<ReportHost name="${facts.ipv4}"><HostProperties>${properties.join('')}</HostProperties>${items.join('')}</ReportHost>`
}

/** `Mon Jun  1 06:00:00 2026`, in UTC. */
function nessusDate(at: number): string {
  const [weekday, day, month, year, time] = new Date(at).toUTCString().replace(',', '').split(' ')
  return `${weekday} ${month} ${day!.replace(/^0/, ' ')} ${time} ${year}`
}

/** A file shows what is open: what is fixed is not in it. */
async function feedFile(
  truth: Truth,
  importer: Importer,
  database: Mirroring['database'],
  kind: FileKind,
): Promise<Fed> {
  const shown = truth.machines
    .filter(kind.isIn)
    .map(one => ({ ...one, findings: one.findings.filter(found => found.state !== 'fixed') }))
  const { id: sourceId } = await fileSourceFor(database, kind.name, undefined, tester)
  async function* bytes() {
    yield Buffer.from(kind.textOf(shown))
  }
  const file = await importer.receive(bytes())
  const request = {
    sourceId,
    fileName: kind.file,
    trigger: 'cli',
    options: { observedAt: truth.simulation.control.now() },
    scope: { covers: 'nothing' },
  } as const
  const importId = await importer.add(file, request, tester)
  const staged = await importer.settle(importId, 30_000)
  if (staged.status !== 'ready' || staged.numbers?.rejected !== 0) {
    throw new Error(`${kind.file} is ${staged.status}: ${staged.error_message} ${JSON.stringify(staged.numbers)}`)
  }
  await importer.apply(importId, (await getImport(database, importId)).numbers!, tester)
  const applied = await importer.settle(importId, 30_000)
  if (applied.status !== 'applied') throw new Error(`${kind.file} is ${applied.status}: ${applied.error_message}`)
  const byAddress = new Map(shown.map(one => [one.facts.ipv4, one.machine]))
  return {
    sourceId,
    truth: shown.map(one => ({
      machine: one.machine,
      isCounted: true,
      // A file says that something is there, not that it was away meanwhile.
      findings: one.findings.map(found => ({ ...found, state: 'open' as const })),
    })),
    machineOf: record => byAddress.get(record.ipv4s[0] ?? ''),
  }
}
