import { readFileSync } from 'node:fs'
import { crc32, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readWhole } from '../../../test/support/read-file.ts'

const fixture = (name: string) => readFileSync(new URL(`../../../test/fixtures/files/${name}`, import.meta.url))

const report = (hosts: string) =>
  `<?xml version="1.0" ?>\n<NessusClientData_v2><Policy><policyName>x</policyName></Policy><Report name="r" xmlns:cm="http://www.nessus.org/cm">${hosts}</Report></NessusClientData_v2>`
const host = (
  items: string,
  tags = '<tag name="host-ip">192.0.2.7</tag><tag name="HOST_END_TIMESTAMP">1700000000</tag>',
) => `<ReportHost name="target"><HostProperties>${tags}</HostProperties>${items}</ReportHost>`
const item = (inner = '', attributes = 'severity="2"') =>
  `<ReportItem port="443" svc_name="www" protocol="tcp" pluginID="11" pluginName="A check" pluginFamily="General" ${attributes}>${inner}</ReportItem>`
const read = (text: string | Buffer) => readWhole(text, 'file.nessus')

test('a real file: hosts, plugins, findings, and when the scan ended', async () => {
  const file = await read(fixture('small-report.nessus'))
  expect(file.summary).toMatchObject({
    format: 'nessus-v2',
    rows: 7,
    incomplete: null,
    observedAt: '2013-06-25T10:39:42.000Z',
  })
  expect(file.hosts).toHaveLength(1)
  expect(file.hosts[0]).toMatchObject({
    nativeId: 'fqdn:preprod.example.net',
    asset: { ipv4s: ['192.0.2.201'], systemTypes: ['firewall'] },
  })
  expect(file.findings.every(finding => finding.state === null)).toBe(true)
})

test('everything that an item can say of its plugin', async () => {
  const file = await read(
    report(
      host(
        item(
          `<cve>CVE-2024-1</cve><cve>CVE-2024-12345</cve><bid>7</bid><xref>IAVA:2021-A-0259-S</xref><cwe>79</cwe>
           <see_also>https://a.example.org\nhttps://b.example.org</see_also><risk_factor>High</risk_factor>
           <cvss_vector>CVSS2#AV:N/AC:L</cvss_vector><cvss3_vector>CVSS:3.1/AV:N</cvss3_vector><cvss3_base_score>9.8</cvss3_base_score>
           <vpr_score>6.7</vpr_score><epss_score>0.3833</epss_score><exploit_framework_metasploit>true</exploit_framework_metasploit>
           <plugin_modification_date>2024/05/06</plugin_modification_date><cisa-known-exploited>2024/01/02</cisa-known-exploited>
           <plugin_output>one &lt;two&gt; &#65;</plugin_output><attachment name="a.png" type="image/png">AAAA</attachment>
           <something_new>kept</something_new>`,
        ),
      ),
    ),
  )
  expect(file.plugins[0]).toMatchObject({
    cves: ['CVE-2024-12345'],
    bids: [7],
    xrefs: ['IAVA:2021-A-0259-S', 'CWE:79', 'CISA-KNOWN-EXPLOITED:2024/01/02'],
    seeAlso: ['https://a.example.org', 'https://b.example.org'],
    riskFactor: 'high',
    cvss2Vector: 'AV:N/AC:L',
    cvss3Vector: 'CVSS:3.1/AV:N',
    cvss3BaseScore: 9.8,
    vprScore: 6.7,
    epssScore: 0.3833,
    exploitFrameworks: ['metasploit'],
    modifiedAt: '2024-05-06T00:00:00.000Z',
    isKev: true,
    extra: { something_new: 'kept' },
  })
  expect(file.findings[0]).toMatchObject({
    severity: 'medium',
    defaultSeverity: 'high',
    output: 'one <two> A',
    service: 'www',
  })
})

describe('compliance', () => {
  test('results are told apart by their check, not by their plugin', async () => {
    const check = (name: string, result: string) =>
      item(
        `<compliance>true</compliance><cm:compliance-check-name>${name}</cm:compliance-check-name><cm:compliance-result>${result}</cm:compliance-result><cm:compliance-audit-file>cis.audit</cm:compliance-audit-file><cm:compliance-reference>800-53|IA-5,CSCv7|4.4</cm:compliance-reference><cm:compliance-actual-value>x</cm:compliance-actual-value>`,
      )
    const file = await read(report(host(check('1.1', 'PASSED') + check('1.2', 'FAILED') + check('1.3', 'WARNING'))))
    expect(file.findings).toEqual([])
    expect(file.compliance.map(({ state, check: { nativeId } }) => [nativeId, state])).toEqual([
      ['name:1.1', 'passed'],
      ['name:1.2', 'failed'],
      ['name:1.3', 'warning'],
    ])
    expect(file.compliance[0]?.check.refs).toEqual(['800-53|IA-5', 'CSCv7|4.4'])
  })

  test('old files have it all in the description', async () => {
    const old = `<ReportItem port="0" svc_name="general" protocol="tcp" severity="3" pluginID="21157" pluginName="Unix Compliance Checks" pluginFamily="Policy Compliance"><description>"2.5 Syslog" : [FAILED]\n\nbecause</description></ReportItem>`
    const file = await read(report(host(old)))
    expect(file.compliance[0]).toMatchObject({
      state: 'failed',
      check: { name: '2.5 Syslog', auditFile: 'Unix Compliance Checks' },
    })
  })
})

test('web applications keep their place', async () => {
  const was = (path: string) =>
    `<ReportItem pluginFamily="XSS" pluginName="XSS" pluginID="98104" severity="3" protocol="TCP" svc_name="http" port="80"><plugin_output>detected on URL 'http://example.org/${path}' by</plugin_output><cvss>7.5</cvss><cvssv3>7.1</cvssv3></ReportItem>`
  const file = await read(
    report(
      `<ReportHost name="http://example.org/"><HostProperties><tag name="host-fqdn">http://example.org/</tag><tag name="HOST_END">2021-03-12T14:35:34.341269+00:00</tag></HostProperties>${was('a')}${was('b')}</ReportHost>`,
    ),
  )
  expect(file.hosts[0]).toMatchObject({ nativeId: 'fqdn:example.org', asset: { types: ['webapp'] } })
  expect(file.findings.map(finding => finding.instance)).toEqual(['http://example.org/a', 'http://example.org/b'])
  expect(file.plugins[0]).toMatchObject({ cvss2BaseScore: 7.5, cvss3BaseScore: 7.1 })
  expect(file.summary.observedAt).toBe('2021-03-12T14:35:34.341Z')
})

describe('damage', () => {
  test('items outside any machine, and inside another item, are no less counted', async () => {
    const stray = item('<plugin_output>lost</plugin_output>')
    const file = await read(report(stray + host(item(item('', 'severity="3"'))) + stray))
    expect(file.summary).toMatchObject({ rows: 4, incomplete: null })
    expect(file.findings.map(finding => finding.severity)).toEqual(['medium', 'high'])
    const reason = 'The item stands in no ReportHost, so that nothing names its machine. Export the scan again.'
    expect(file.rejected.map(({ row, reason }) => ({ row, reason }))).toEqual([
      { row: 1, reason },
      { row: 4, reason },
    ])
    expect(file.rejected[0]?.raw).toContain('lost')
  })

  test('control characters and references to them are left out and counted', async () => {
    const file = await read(report(host(item('<plugin_output>a\u0001b&#x1;c&#2;d\u000bé</plugin_output>'))))
    expect(file.findings[0]?.output).toBe('abcdé')
    expect(file.summary.notes).toContain('4 control characters that XML forbids were left out.')
    expect(file.summary.incomplete).toBeNull()
  })

  test('bytes that are no UTF-8 are replaced, and said', async () => {
    const [before, after] = report(host(item('<plugin_output>x|y</plugin_output>'))).split('|')
    const file = await read(
      Buffer.concat([Buffer.from(before ?? ''), Buffer.from([0xe9, 0xff]), Buffer.from(after ?? '')]),
    )
    expect(file.findings[0]?.output).toBe('x\ufffd\ufffdy')
    expect(file.summary.notes.join(' ')).toContain('no UTF-8')
  })

  test('a file that ends in the middle keeps what came before, and is no complete picture', async () => {
    const whole = report(host(item() + item('', 'severity="3"')) + host(item('<plugin_output>never whole')))
    const file = await read(whole.slice(0, whole.indexOf('never')))
    expect(file.findings).toHaveLength(2)
    expect(file.summary.incomplete).toContain('ends in the middle')
  })

  test('a packed file that was cut off does the same', async () => {
    const many = report(
      host(Array.from({ length: 5000 }, (_, at) => item(`<plugin_output>${Math.sin(at)}</plugin_output>`)).join('')),
    )
    const packed = gzipSync(many)
    const file = await read(packed.subarray(0, packed.length / 2))
    expect(file.findings.length).toBeGreaterThan(100)
    expect(file.findings.length).toBeLessThan(5000)
    expect(file.summary.incomplete).toContain('damaged archive')
  })

  test('an item that is wrong is kept aside, the others are read', async () => {
    const file = await read(
      report(
        host(
          item('', 'severity="9"') +
            item() +
            '<ReportItem port="x" severity="1" pluginID="3"/><ReportItem port="0" severity="1" pluginID="x"/>',
        ),
      ),
    )
    expect(file.findings).toHaveLength(1)
    expect(file.rejected.map(({ row }) => row)).toEqual([1, 3, 4])
    expect(file.rejected[0]?.raw).toContain('"severity":"9"')
  })

  test('a host without items, and a file without a report', async () => {
    expect((await read(report(host('')))).hosts).toHaveLength(1)
    const empty = await read('<NessusClientData_v2><Policy/></NessusClientData_v2>')
    expect(empty.summary).toMatchObject({ incomplete: expect.stringContaining('no host in it') as string, rows: 0 })
  })
})

describe('what is refused', () => {
  test('a document type, whatever it declares', async () => {
    const bomb =
      '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY l2 "&lol;&lol;">]><NessusClientData_v2>&l2;</NessusClientData_v2>'
    await expect(read(bomb)).rejects.toThrow(/document type/)
  })

  test('an entity of nobody is text, and expands to nothing', async () => {
    const file = await read(report(host(item('<plugin_output>a &lol; b</plugin_output>'))))
    expect(file.findings[0]?.output).toBe('a &lol; b')
    expect(file.summary.incomplete).toContain('not well-formed')
  })

  test('the first format, other XML, and pages', async () => {
    await expect(read('<NessusClientData><Report/></NessusClientData>')).rejects.toThrow(/first \.nessus format/)
    await expect(read('<rss></rss>')).rejects.toThrow(/begins with <rss>/)
    await expect(read('<!DOCTYPE html><html></html>')).rejects.toThrow(/report for people/)
  })

  test('a bomb packed with gzip', async () => {
    const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024, 'a'))
    await expect(read(bomb)).rejects.toThrow(/250 times/)
    await expect(read(gzipSync(gzipSync('x')))).rejects.toThrow(/another archive/)
  })

  test('a packed file that is not what was packed is no complete picture, a link is none at all', async () => {
    const text = Buffer.from(report(host(item())))
    expect((await read(zipOf('a.nessus', text))).summary.incomplete).toBeNull()
    const other = Buffer.from(text.toString().replace('severity="2"', 'severity="4"'))
    const changed = await read(zipOf('a.nessus', other, { sum: crc32(text) }))
    expect(changed.summary.incomplete).toContain('damaged archive')
    await expect(read(zipOf('a.nessus', Buffer.from('/etc/passwd'), { mode: 0o120777 }))).rejects.toThrow(
      /a\.nessus in file\.nessus is a link to a file/,
    )
    await expect(read(zipOf('/etc/a.nessus', text))).rejects.toThrow(/absolute path.*\)\. Unpack it yourself/)
  })

  test('an archive of which nothing can be unpacked is damaged, not empty', async () => {
    const packed = gzipSync('Plugin ID,Risk,Host\n1,High,a\n')
    for (const bytes of [packed.subarray(0, 20), Buffer.concat([packed, Buffer.from('more')])])
      await expect(read(bytes)).rejects.toThrow(/file\.nessus is a damaged archive: nothing of it can be read/)
  })

  test('a file without a row closes nothing', async () => {
    expect((await readWhole('Plugin ID,Risk,Host\n')).summary.incomplete).toContain('no rows')
    expect((await read(report(''))).summary.incomplete).toContain('no host')
  })
})

/** A zip with one file in it that is not squeezed. */
function zipOf(name: string, content: Buffer, { sum = crc32(content), mode = 0o100644 } = {}): Buffer {
  const [title, size] = [Buffer.from(name), content.length]
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04034b50, 0)
  const central = Buffer.alloc(46)
  central.writeUInt32LE(0x02014b50, 0)
  central.writeUInt16LE(0x0314, 4)
  central.writeUInt32LE((mode << 16) >>> 0, 38)
  for (const [head, at] of [
    [local, 14],
    [central, 16],
  ] as const) {
    head.writeUInt32LE(sum, at)
    head.writeUInt32LE(size, at + 4)
    head.writeUInt32LE(size, at + 8)
    head.writeUInt16LE(title.length, at + 12)
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(central.length + title.length, 12)
  end.writeUInt32LE(local.length + title.length + size, 16)
  return Buffer.concat([local, title, content, central, title, end])
}
