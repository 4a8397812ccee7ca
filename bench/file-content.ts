// Files of findings as they are exported, made while they are written: none of them is ever whole in memory.

const prose = 'The remote host is affected by a vulnerability &lt;as described&gt; in the advisory. '.repeat(6)

/** A .nessus file of about so many megabytes: 80 items a host, 20,000 plugins. */
export function* nessusContent(megabytes: number): Generator<string> {
  yield '<?xml version="1.0" ?>\n<NessusClientData_v2><Policy><policyName>bench</policyName></Policy><Report name="bench" xmlns:cm="http://www.nessus.org/cm">'
  let written = 0
  for (let host = 0; written < megabytes * 1024 ** 2; host++) {
    const address = `10.${host >> 16}.${(host >> 8) & 255}.${host & 255}`
    const ended = 1_700_000_000 + host
    let text = `<ReportHost name="${address}"><HostProperties><tag name="host-ip">${address}</tag><tag name="host-fqdn">host-${host}.example.org</tag><tag name="HOST_END_TIMESTAMP">${ended}</tag></HostProperties>`
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

/** A CSV as Tenable VM exports findings: 32 rows a machine, 5,000 plugins, outputs of two lines. */
export function* csvContent(rows: number): Generator<string> {
  yield 'asset.id,asset.name,asset.display_ipv4_address,definition.id,definition.name,definition.family,definition.cve,definition.vpr.score,severity,state,port,protocol,first_observed,last_seen,output\n'
  for (let row = 0; row < rows; row++) {
    const asset = row >> 5
    const plugin = 10_000 + ((row * 131) % 5_000)
    yield `00000000-0000-4000-8000-${String(asset).padStart(12, '0')},host-${asset}.example.org,10.0.${(asset >> 8) & 255}.${asset & 255},${plugin},"Check ${plugin}, of something",General,"CVE-2024-${plugin}, CVE-2023-${plugin}",6.7,High,ACTIVE,${row % 2 ? 443 : 0},TCP,2026-01-02T03:04:05.678Z,2026-03-04T05:06:07.890Z,"Installed version : 1.${row}\nFixed version : 2.0"\n`
  }
}
