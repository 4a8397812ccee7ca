import { createWriteStream, existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

// An estate as the files a tenant would send: gzipped chunks of findings and of assets. Written once, served many times,
// so that making it costs nothing while we measure.

export interface EstateShape {
  readonly findings: number
  readonly findingsPerAsset: number
  readonly plugins: number
  readonly assetsPerChunk: number
}

export interface Estate extends EstateShape {
  readonly assets: number
  readonly findingChunks: number
  readonly assetChunks: number
  /** Of the findings, uncompressed and compressed. */
  readonly jsonBytes: number
  readonly gzipBytes: number
}

const assetsPerAssetChunk = 1000
const estateSeed = 20_261_124

export function shapeOf(findings: number, changes: Partial<EstateShape> = {}): EstateShape {
  return { findings, findingsPerAsset: 50, plugins: 8000, assetsPerChunk: 250, ...changes }
}

/** Writes the estate to a folder, or finds it there. */
export async function writeEstate(folder: string, shape: EstateShape): Promise<Estate> {
  const manifest = join(folder, 'estate.json')
  if (existsSync(manifest)) return JSON.parse(await readFile(manifest, 'utf8')) as Estate
  const draft = `${folder}.draft`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { recursive: true })
  const estate = await writeChunks(draft, shape)
  await writeFile(join(draft, 'estate.json'), JSON.stringify(estate, null, 2))
  await rm(folder, { recursive: true, force: true })
  await rename(draft, folder)
  return estate
}

async function writeChunks(folder: string, shape: EstateShape): Promise<Estate> {
  const random = mulberry(estateSeed)
  const plugins = Array.from({ length: shape.plugins }, (_, index) => pluginJson(random, index))
  const assets = Math.ceil(shape.findings / shape.findingsPerAsset)
  let jsonBytes = 0
  let gzipBytes = 0
  let findingChunks = 0
  for (let first = 0; first < assets; first += shape.assetsPerChunk) {
    const last = Math.min(assets, first + shape.assetsPerChunk)
    const file = join(folder, `findings-${++findingChunks}.json.gz`)
    const size = await writeArray(file, findingsOf(random, plugins, shape, first, last))
    jsonBytes += size.json
    gzipBytes += size.gzip
  }
  let assetChunks = 0
  for (let first = 0; first < assets; first += assetsPerAssetChunk) {
    const last = Math.min(assets, first + assetsPerAssetChunk)
    await writeArray(join(folder, `assets-${++assetChunks}.json.gz`), assetsOf(first, last))
  }
  return { ...shape, assets, findingChunks, assetChunks, jsonBytes, gzipBytes }
}

/** Which findings change: so many of each of the first assets, whatever the size of the estate. */
export interface ChangeShape {
  readonly assets: number
  readonly findingsPerAsset: number
  /** How many such changes there were before; each is later than the last. */
  readonly round: number
}

/** Writes what a delta would send: the changed findings and their assets, scanned again. */
export async function writeChanges(folder: string, shape: EstateShape, change: ChangeShape): Promise<void> {
  if (existsSync(join(folder, 'estate.json'))) return
  await mkdir(folder, { recursive: true })
  const random = mulberry(estateSeed)
  const plugins = Array.from({ length: shape.plugins }, (_, index) => pluginJson(random, index))
  let findingChunks = 0
  for (let first = 0; first < change.assets; first += shape.assetsPerChunk) {
    const last = Math.min(change.assets, first + shape.assetsPerChunk)
    const all = findingsOf(random, plugins, shape, first, last)
    await writeArray(join(folder, `findings-${++findingChunks}.json.gz`), changed(all, shape, change))
  }
  let assetChunks = 0
  for (let first = 0; first < change.assets; first += assetsPerAssetChunk) {
    const last = Math.min(change.assets, first + assetsPerAssetChunk)
    await writeArray(join(folder, `assets-${++assetChunks}.json.gz`), seenAgain(assetsOf(first, last), change))
  }
  await writeFile(join(folder, 'estate.json'), JSON.stringify({ ...shape, findingChunks, assetChunks }))
}

/** Every second one is fixed or found again, the others are merely found again. */
function* changed(all: Iterable<string>, shape: EstateShape, { findingsPerAsset, round }: ChangeShape) {
  let number = 0
  for (const finding of all) {
    const slot = number++ % shape.findingsPerAsset
    if (slot >= findingsPerAsset) continue
    const later = finding
      .replace('"last_found":"2026-10-02', `"last_found":"2026-10-1${round}`)
      .replace('"indexed":"2026-10-02', `"indexed":"2026-10-1${round}`)
    yield slot % 2 === 0 ? later : turned(later, round)
  }
}

function turned(finding: string, round: number): string {
  const date = `2026-10-1${round}T04:00:00.000Z`
  const wasFixed = finding.includes('"state":"FIXED"') !== (round % 2 === 0)
  const now = wasFixed ? `"resurfaced_date":"${date}","state":"REOPENED"` : `"last_fixed":"${date}","state":"FIXED"`
  return finding.replace(/,"(last_fixed|resurfaced_date)":"[^"]+"/g, '').replace(/"state":"\w+"/, now)
}

function* seenAgain(assets: Iterable<string>, { round }: ChangeShape): Generator<string> {
  for (const asset of assets) {
    yield asset
      .replaceAll('"last_seen":"2026-10-02', `"last_seen":"2026-10-1${round}`)
      .replace('"updated_at":"2026-10-02', `"updated_at":"2026-10-1${round}`)
  }
}

async function writeArray(file: string, elements: Iterable<string>): Promise<{ json: number; gzip: number }> {
  let json = 0
  function* blocks(): Generator<string> {
    let block = '['
    let separator = ''
    for (const element of elements) {
      block += separator + element
      separator = ','
      if (block.length > 1_000_000) {
        json += block.length
        yield block
        block = ''
      }
    }
    json += block.length + 1
    yield `${block}]`
  }
  const out = createWriteStream(file)
  await pipeline(Readable.from(blocks()), createGzip({ level: 6 }), out)
  return { json, gzip: out.bytesWritten }
}

function* findingsOf(
  random: () => number,
  plugins: readonly string[],
  shape: EstateShape,
  first: number,
  last: number,
): Generator<string> {
  for (let asset = first; asset < last; asset++) {
    const assetText = observedAsset(asset)
    const scan = `{"schedule_uuid":"${uuid(asset % 40)}","started_at":"2026-10-0${1 + (asset % 9)}T02:00:00.000Z","uuid":"${uuid(1000 + (asset % 400))}"}`
    const start = Math.floor(random() * plugins.length)
    for (let slot = 0; slot < shape.findingsPerAsset; slot++) {
      const plugin = plugins[(start + slot * 157) % plugins.length]
      yield findingJson(random, asset, slot, assetText, plugin ?? '', scan)
    }
  }
}

const severities = ['info', 'info', 'info', 'info', 'info', 'low', 'medium', 'medium', 'high', 'critical'] as const
const ids = { info: 0, low: 1, medium: 2, high: 3, critical: 4 } as const

function findingJson(
  random: () => number,
  asset: number,
  slot: number,
  assetText: string,
  plugin: string,
  scan: string,
): string {
  const severity = severities[Math.floor(random() * severities.length)] ?? 'info'
  const state = random() < 0.15 ? 'FIXED' : random() < 0.05 ? 'REOPENED' : 'OPEN'
  const month = 1 + Math.floor(random() * 8)
  const fixed = state === 'OPEN' ? '' : `,"last_fixed":"2026-0${month + 1}-11T08:00:00.000Z"`
  const resurfaced = state === 'REOPENED' ? `,"resurfaced_date":"2026-0${month + 1}-21T08:00:00.000Z"` : ''
  const port = slot % 3 === 0 ? 0 : 1024 + ((asset * 31 + slot * 7) % 60_000)
  return `{"asset":${assetText},"output":${JSON.stringify(output(random))},"plugin":${plugin},"port":{"port":${port},"protocol":"TCP"${port ? ',"service":"www"' : ''}},"scan":${scan},"severity":"${severity}","severity_id":${ids[severity]},"severity_default_id":${ids[severity]},"severity_modification_type":"NONE","first_found":"2026-0${month}-03T04:00:00.000Z","last_found":"2026-10-02T04:00:00.000Z"${fixed}${resurfaced},"state":"${state}","indexed":"2026-10-02T05:${10 + (slot % 50)}:00.123456Z","source":"NESSUS","finding_id":"${uuid(asset * 1000 + slot)}"}`
}

function observedAsset(asset: number): string {
  return JSON.stringify({
    agent_uuid: uuid(5_000_000 + asset).replaceAll('-', ''),
    bios_uuid: uuid(6_000_000 + asset),
    device_type: 'general-purpose',
    fqdn: `host-${asset}.example.org`,
    hostname: `host-${asset}`,
    uuid: uuid(7_000_000 + asset),
    ipv4: address(asset),
    last_authenticated_results: '2026-10-02T04:00:00.000Z',
    mac_address: '00:50:56:a6:49:2a',
    operating_system: ['Linux Kernel 5.15 on Ubuntu 22.04'],
    network_id: '00000000-0000-0000-0000-000000000000',
    tracked: true,
  })
}

function* assetsOf(first: number, last: number): Generator<string> {
  for (let asset = first; asset < last; asset++) {
    yield JSON.stringify({
      id: uuid(7_000_000 + asset),
      has_agent: true,
      has_plugin_results: true,
      is_licensed: true,
      agent_uuid: uuid(5_000_000 + asset).replaceAll('-', ''),
      types: ['host'],
      operating_systems: ['Linux Kernel 5.15 on Ubuntu 22.04'],
      system_types: ['general-purpose'],
      sources: [
        { name: 'NESSUS_AGENT', first_seen: '2026-01-01T00:00:00.000Z', last_seen: '2026-10-02T04:00:00.000Z' },
      ],
      tags: [
        { uuid: uuid(asset % 20), key: 'Owner', value: `team-${asset % 20}`, added_at: '2026-01-01T00:00:00.000Z' },
      ],
      network: {
        network_id: '00000000-0000-0000-0000-000000000000',
        network_name: 'Default',
        ipv4s: [address(asset)],
        fqdns: [`host-${asset}.example.org`],
        hostnames: [`host-${asset}`],
        mac_addresses: ['00:50:56:a6:49:2a'],
      },
      timestamps: {
        created_at: '2026-01-01T00:00:00.000Z',
        updated_at: '2026-10-02T04:00:00.000Z',
        first_seen: '2026-01-01T00:00:00.000Z',
        last_seen: '2026-10-02T04:00:00.000Z',
      },
    })
  }
}

/** About 3.3 kB, with the keys and the proportions of what the API sends today. */
function pluginJson(random: () => number, index: number): string {
  const cves = Array.from(
    { length: 1 + Math.floor(random() * 4) },
    () => `CVE-2025-${10_000 + Math.floor(random() * 9000)}`,
  )
  return JSON.stringify({
    bid: [],
    canvas_package: '',
    checks_for_default_account: false,
    checks_for_malware: false,
    cpe: ['cpe:/a:apache:http_server', 'cpe:/o:canonical:ubuntu_linux:22.04:-:lts'],
    cve: cves,
    cvss_base_score: 7.5,
    cvss_temporal_score: 5.5,
    cvss_temporal_vector: {
      exploitability: 'Unproven',
      remediation_level: 'Official Fix',
      report_confidence: 'Confirmed',
      raw: 'E:U/RL:OF/RC:C',
    },
    cvss_vector: {
      access_complexity: 'Low',
      access_vector: 'Network',
      authentication: 'None required',
      availability_impact: 'Partial',
      confidentiality_impact: 'Partial',
      integrity_impact: 'Partial',
      raw: 'AV:N/AC:L/Au:N/C:P/I:P/A:P',
    },
    cvss3_base_score: 9.8,
    cvss3_temporal_score: 8.5,
    cvss3_temporal_vector: {
      exploitability: 'Unproven',
      remediation_level: 'Official Fix',
      report_confidence: 'Confirmed',
      raw: 'E:U/RL:O/RC:C',
    },
    cvss3_vector: {
      access_complexity: 'Low',
      access_vector: 'Network',
      availability_impact: 'High',
      confidentiality_impact: 'High',
      integrity_impact: 'High',
      raw: 'AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    },
    description: words(random, 900),
    epss_score: Math.round(random() * 10_000) / 100,
    exploit_available: index % 3 === 0,
    exploit_framework_canvas: false,
    exploit_framework_core: false,
    exploit_framework_d2_elliot: false,
    exploit_framework_exploithub: false,
    exploit_framework_metasploit: index % 9 === 0,
    exploitability_ease: 'No known exploits are available',
    exploited_by_malware: false,
    exploited_by_nessus: false,
    family: 'Ubuntu Local Security Checks',
    family_id: 43,
    has_patch: true,
    id: 100_000 + index,
    in_the_news: false,
    modification_date: '2026-08-01T00:00:00Z',
    name: `Ubuntu 22.04 LTS : package ${index} vulnerabilities (USN-${4000 + index}-1)`,
    patch_publication_date: '2026-06-01T00:00:00Z',
    publication_date: '2026-06-02T00:00:00Z',
    risk_factor: 'High',
    see_also: ['https://ubuntu.com/security/notices', 'https://nvd.nist.gov/vuln'],
    solution: words(random, 120),
    stig_severity: 'I',
    synopsis: words(random, 90),
    type: 'local',
    unsupported_by_vendor: false,
    version: '1.7',
    vuln_publication_date: '2026-05-01T00:00:00Z',
    xrefs: cves.map(cve => ({ type: 'CVE', id: cve.slice(4) })),
    vpr: {
      score: 6.7,
      drivers: {
        age_of_vuln: { lower_bound: 61, upper_bound: 180 },
        exploit_code_maturity: 'UNPROVEN',
        cvss_impact_score_predicted: false,
        cvss3_impact_score: 5.9,
        threat_intensity_last28: 'VERY_LOW',
        threat_sources_last28: ['No recorded events'],
        product_coverage: 'LOW',
      },
      updated: '2026-09-20T06:00:00Z',
    },
  })
}

function output(random: () => number): string {
  const version = Math.floor(random() * 900)
  return `\n  Path              : /usr/lib/${words(random, 20).replaceAll(' ', '/')}\n  Installed package : pkg_${version}.1-2ubuntu0.${version % 9}\n  Fixed package     : pkg_${version}.1-2ubuntu0.${10 + (version % 9)}\n\n${words(random, 270)}\n`
}

const vocabulary =
  'the remote host is missing security update affected by multiple vulnerabilities package version installed library attacker could exploit crafted request execute arbitrary code denial service memory corruption kernel buffer overflow privilege local user advisory upgrade vendor fixed release'.split(
    ' ',
  )

function words(random: () => number, length: number): string {
  let text = ''
  while (text.length < length) text += `${vocabulary[Math.floor(random() * vocabulary.length)]} `
  return text.trimEnd()
}

function uuid(number: number): string {
  const hex = (Math.imul(number + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')
  return `${hex}-${hex.slice(0, 4)}-4${hex.slice(1, 4)}-8${hex.slice(4, 7)}-${number.toString(16).padStart(12, '0')}`
}

function address(asset: number): string {
  return `10.${(asset >> 16) & 255}.${(asset >> 8) & 255}.${asset & 255}`
}

function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
