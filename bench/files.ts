import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { readFile } from '../src/connectors/files/index.ts'

// How quickly files are decoded, and in how much memory: a generated .nessus of 150 MB (or so many as the first argument
// says) and a CSV of a million rows. Figures go to standard output as JSON.

const megabytes = Number(process.argv[2] ?? 150)
const rows = Number(process.argv[3] ?? 1_000_000)

const prose = 'The remote host is affected by a vulnerability &lt;as described&gt; in the advisory. '.repeat(6)

function* nessus(): Generator<string> {
  yield '<?xml version="1.0" ?>\n<NessusClientData_v2><Policy><policyName>bench</policyName></Policy><Report name="bench" xmlns:cm="http://www.nessus.org/cm">'
  let written = 0
  for (let host = 0; written < megabytes * 1024 ** 2; host++) {
    let text = `<ReportHost name="10.${host >> 16}.${(host >> 8) & 255}.${host & 255}"><HostProperties><tag name="host-ip">10.${host >> 16}.${(host >> 8) & 255}.${host & 255}</tag><tag name="host-fqdn">host-${host}.example.org</tag><tag name="HOST_END_TIMESTAMP">17000${String(host).padStart(5, '0')}</tag></HostProperties>`
    for (let item = 0; item < 80; item++) {
      const plugin = 10_000 + ((host * 7 + item * 131) % 20_000)
      text += `<ReportItem port="${item % 3 === 0 ? 443 : 0}" svc_name="www" protocol="tcp" severity="${item % 5}" pluginID="${plugin}" pluginName="Check ${plugin}" pluginFamily="General"><description>${prose}</description><synopsis>It is so.</synopsis><solution>Update it.</solution><risk_factor>High</risk_factor><cve>CVE-2024-${plugin}</cve><cvss3_base_score>7.5</cvss3_base_score><plugin_modification_date>2024/05/06</plugin_modification_date><plugin_output>Installed version : 1.${item}.${host}\nFixed version : 2.0\n</plugin_output></ReportItem>`
    }
    text += '</ReportHost>'
    written += text.length
    yield text
  }
  yield '</Report></NessusClientData_v2>'
}

function* csv(): Generator<string> {
  yield 'asset.id,asset.name,asset.display_ipv4_address,definition.id,definition.name,definition.family,definition.cve,definition.vpr.score,severity,state,port,protocol,first_observed,last_seen,output\n'
  for (let row = 0; row < rows; row++) {
    const asset = row >> 5
    const plugin = 10_000 + ((row * 131) % 5_000)
    yield `00000000-0000-4000-8000-${String(asset).padStart(12, '0')},host-${asset}.example.org,10.0.${(asset >> 8) & 255}.${asset & 255},${plugin},"Check ${plugin}, of something",General,"CVE-2024-${plugin}, CVE-2023-${plugin}",6.7,High,ACTIVE,${row % 2 ? 443 : 0},TCP,2026-01-02T03:04:05.678Z,2026-03-04T05:06:07.890Z,"Installed version : 1.${row}\nFixed version : 2.0"\n`
  }
}

const folder = await mkdtemp(join(tmpdir(), 'tenfold-bench-files-'))
try {
  const figures = []
  for (const [name, content] of [
    ['bench.nessus', nessus()],
    ['bench.csv', csv()],
  ] as const) {
    const path = join(folder, name)
    await pipeline(Readable.from(content), createWriteStream(path))
    figures.push(await measure(path, name))
    await rm(path)
  }
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function measure(path: string, name: string) {
  const from = performance.now()
  let rssBytes = 0
  let records = 0
  const reading = readFile(path, name, {}, AbortSignal.timeout(3_600_000))
  for (;;) {
    const next = await reading.next()
    if (next.done) break
    records += next.value.findings.length
    rssBytes = Math.max(rssBytes, process.memoryUsage().rss)
  }
  const seconds = (performance.now() - from) / 1000
  return {
    file: name,
    megabytes: Math.round((await stat(path)).size / 1024 ** 2),
    records,
    seconds: Number(seconds.toFixed(1)),
    records_per_second: Math.round(records / seconds),
    peak_rss_mb: Math.round(rssBytes / 1024 ** 2),
  }
}
