import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvOf, readWhole } from '../../../test/support/read-file.ts'

const fixture = (name: string) => readFileSync(new URL(`../../../test/fixtures/files/${name}`, import.meta.url))

describe('the kinds of CSV', () => {
  test('the older CSV of Tenable VM, with its two blank headings', async () => {
    const file = await readWhole(fixture('tenable-vm-scan.csv'))
    expect(file.summary).toMatchObject({ format: 'csv:tenable-vm-scan', rows: 20, incomplete: null })
    expect(file.rejected).toEqual([])
    expect(file.findings[0]).toMatchObject({
      nativeId: 'fqdn:ip-127-0-0-1.us-west-2.compute.internal',
      pluginId: 176700,
      port: 0,
      protocol: 'tcp',
      state: 'open',
      severity: 'high',
      defaultSeverity: 'high',
      severityModification: 'none',
      firstFound: '2023-06-08T01:58:56.166Z',
      versionAt: '2023-06-08T02:00:22.612Z',
      scanUuid: '6411de3d-b7d5-4a18-b428-4c24bbfd5162',
    })
    const plugin = file.plugins.find(one => one.pluginId === 176700)
    expect(plugin).toMatchObject({ vprScore: null, cvss3BaseScore: 7.8, exploitAvailable: true, exploitFrameworks: [] })
  })

  test('a finding that is repeated for each CVE is one plugin with all of them', async () => {
    const header = ['Plugin ID', 'CVE', 'Risk', 'Host', 'Protocol', 'Port', 'Name', 'Plugin Output', 'BID']
    const row = (cve: string, bid: string) => ['5', cve, 'High', '10.0.0.1', 'tcp', '80', 'A check', 'out', bid]
    const file = await readWhole(csvOf([header, row('CVE-2020-0001', '7'), row('CVE-2020-0002', '8')]))
    expect(file.plugins).toHaveLength(1)
    expect(file.plugins[0]).toMatchObject({ cves: ['CVE-2020-0001', 'CVE-2020-0002'], bids: [7, 8] })
    expect(new Set(file.findings.map(({ row: _row, ...finding }) => JSON.stringify(finding))).size).toBe(1)
  })

  test('Security Center, with its own dates and headings', async () => {
    const file = await readWhole(fixture('tenable-sc-details.csv'))
    expect(file.summary).toMatchObject({ format: 'csv:tenable-sc', rows: 3, observedAt: '2024-02-19T21:01:01.000Z' })
    expect(file.findings[0]).toMatchObject({
      nativeId: 'netbios:db01',
      state: null,
      severity: 'critical',
      firstFound: '2024-02-05T21:01:08.000Z',
    })
    expect(file.findings[0]?.output).toMatch(/^The following unsupported/)
    expect(file.plugins[0]).toMatchObject({ xrefs: ['IAVA:0001-A-0560'], vulnPublishedAt: null })
  })

  test('Nessus, whose scan time is in the output of one plugin', async () => {
    const file = await readWhole(fixture('nessus-default-columns.csv'))
    expect(file.summary).toMatchObject({ format: 'csv:nessus', rows: 30, observedAt: '2021-01-25T18:48:39.000Z' })
    expect(file.findings[0]).toMatchObject({ nativeId: 'ip:192.0.2.182', severity: 'info', state: null })
  })

  test('findings of Tenable VM in any order of columns, semicolons, a byte order mark and Windows line ends', async () => {
    const header = [
      'state',
      'definition.id',
      'asset.name',
      'definition.cve',
      'severity',
      'asset.id',
      'last_seen',
      'port',
    ]
    const row = [
      'RESURFACED',
      '42',
      'web.example.org',
      'CVE-2021-1, CVE-2021-44228',
      'Critical',
      'A-1',
      '2026-01-02T03:04:05.678Z',
      '443',
    ]
    const file = await readWhole(`\ufeff${csvOf([header, row], ';', '\r\n')}`)
    expect(file.summary).toMatchObject({ format: 'csv:tenable-vm-findings', delimiter: ';', encoding: 'utf-8' })
    expect(file.hosts[0]).toMatchObject({ nativeId: 'uuid:a-1', aliases: ['fqdn:web.example.org'] })
    expect(file.findings[0]).toMatchObject({ state: 'reopened', severity: 'critical', port: 443, protocol: 'unknown' })
    expect(file.plugins[0]?.cves).toEqual(['CVE-2021-44228'])
  })

  test('a blank heading where the description belongs', async () => {
    const header = ['definition.cwe', '', 'definition.family', 'definition.id', 'asset.name', 'severity', 'state']
    const file = await readWhole(csvOf([header, ['79, 80', 'What it is', 'Web', '9', 'h.example.org', 'Low', 'NEW']]))
    expect(file.plugins[0]).toMatchObject({ description: 'What it is', xrefs: ['CWE:79', 'CWE:80'] })
  })

  test('web applications: one finding for each place, and the port that goes with the scheme', async () => {
    const header = ['Plugin ID', 'CVE', 'CVSS', 'CVSSv3', 'Risk', 'Host', 'Protocol', 'Port', 'Name', 'Plugin Output']
    const row = (path: string) => [
      '98104',
      '',
      '7.5',
      '7.1',
      'high',
      'example.org',
      'https',
      '',
      'XSS',
      `on URL 'https://example.org/${path}' by`,
    ]
    const file = await readWhole(csvOf([header, row('a'), row('b')]))
    expect(file.summary.format).toBe('csv:nessus-was')
    expect(file.findings.map(({ port, protocol, instance }) => [port, protocol, instance])).toEqual([
      [443, 'tcp', 'https://example.org/a'],
      [443, 'tcp', 'https://example.org/b'],
    ])
  })

  test('host audits', async () => {
    const header = [
      'asset.name',
      'compliance.check_name',
      'compliance_check_id',
      'compliance.result',
      'compliance.audit_file',
      'compliance.actual_value',
    ]
    const file = await readWhole(csvOf([header, ['h.example.org', '1.1 A rule', 'abc', 'FAILED', 'cis.audit', 'no']]))
    expect(file.compliance[0]).toMatchObject({
      state: 'failed',
      actualValue: 'no',
      check: { auditFile: 'cis.audit', nativeId: 'name:1.1 A rule', vendorCheckId: 'abc' },
    })
  })
})

describe('what spreadsheets and people do to a file', () => {
  const header = [
    'Plugin ID',
    'Risk',
    'Host',
    'Port',
    'Protocol',
    'CVSS v3.0 Base Score',
    'EPSS Score',
    'Plugin Publication Date',
    'First Found',
    'Vulnerability State',
  ]
  const rows = (...more: string[][]) => csvOf([header, ...more], ';')

  test('scores without their point are mended when the file proves it, dates are read day first', async () => {
    const file = await readWhole(
      rows(
        ['1', 'High', 'a.example.org', '0', 'TCP', '98', '0,25', '25/12/2023', '03.02.2024 10:15', 'Active'],
        ['2', 'Low', 'a.example.org', '0', 'TCP', '50', '3833', '01/02/2024', '2024-02-03T10:15:00Z', 'Active'],
      ),
    )
    expect(file.plugins.map(plugin => [plugin.cvss3BaseScore, plugin.epssScore])).toEqual([
      [9.8, 0.25],
      [5, null],
    ])
    expect(file.plugins.map(plugin => plugin.publishedAt)).toEqual([
      '2023-12-25T00:00:00.000Z',
      '2024-02-01T00:00:00.000Z',
    ])
    expect(file.findings[0]?.firstFound).toBe('2024-02-03T10:15:00.000Z')
    expect(file.issues).toContainEqual({
      row: 2,
      field: 'plugin.epss',
      problem: expect.stringContaining('3833') as string,
    })
    expect(file.summary.notes.join(' ')).toContain('decimal point')
  })

  test('a score above 10 among scores with a point is nothing', async () => {
    const file = await readWhole(
      rows(['1', 'High', 'a', '0', 'tcp', '9.8', '', '', '', ''], ['2', 'High', 'a', '0', 'tcp', '98', '', '', '', '']),
    )
    expect(file.plugins.map(plugin => plugin.cvss3BaseScore)).toEqual([9.8, null])
  })

  test('a row that cannot be read is kept aside with its number, its reason and its text; the others are read', async () => {
    const file = await readWhole(
      rows(
        ['', 'High', 'a', '0', 'tcp', '', '', '', '', ''],
        ['seven', 'High', 'a', '0', 'tcp', '', '', '', '', ''],
        ['7', 'Purple', 'a', '0', 'tcp', '', '', '', '', ''],
        ['7', 'High', '', '0', 'tcp', '', '', '', '', ''],
        ['7', 'High', 'a', 'x', 'tcp', '', '', '', '', ''],
        ['7', 'High', 'a', '0', 'tcp', '', '', '', '', 'Dancing'],
        // Names that every object has.
        ['7', 'constructor', 'a', '0', 'tcp', '', '', '', '', ''],
        ['7', 'High', 'a', '0', 'tcp', '', '', '', '', 'toString'],
        ['', '', '', '', '', '', '', '', '', ''],
        ['7', 'High', 'a', '0', 'tcp', '', '', '', 'not a date', ''],
      ),
    )
    expect(file.rejected.map(({ row }) => row)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(file.rejected[1]).toMatchObject({
      reason: "The plugin's id is no whole number: seven.",
      raw: 'seven;High;a;0;tcp;;;;;',
    })
    expect(file.findings.map(({ row, firstFound }) => [row, firstFound])).toEqual([[10, null]])
  })

  test('a column of percentages is one in all of its rows, one of fractions in none', async () => {
    const of = async (...values: string[]) => {
      const rows = values.map((value, at) => [String(at + 1), 'High', '10.0.0.1', value])
      const file = await readWhole(csvOf([['Plugin ID', 'Risk', 'Host', 'EPSS Score'], ...rows]))
      return [file.plugins.map(plugin => plugin.epssScore), file.summary.notes.length]
    }
    expect(await of('0.04', '94.31', '100', '')).toEqual([[0.0004, 0.9431, 1, null], 1])
    expect(await of('0.04', '0.9431', '1')).toEqual([[0.04, 0.9431, 1], 0])
    // A spreadsheet has taken the point: of these nothing can be said.
    expect(await of('0.04', '3833')).toEqual([[0.04, null], 0])
  })

  test('headings in quotes that hold line ends', async () => {
    const file = await readWhole('"Plugin ID";"Risk";"Host\n";"Port"\n1;High;10.0.0.1;80\n')
    expect(file.summary).toMatchObject({ format: 'csv:nessus', delimiter: ';', rows: 1 })
    expect(file.findings).toHaveLength(1)
  })

  test('a file that ends within its last row keeps what came before, and is no complete picture', async () => {
    const header = 'Plugin ID,Risk,Host,Protocol,Port,Name\n'
    const whole = await readWhole(`${header}10,High,10.0.0.1,tcp,443,A\n11,High,10.0.0.1,tcp,443,B`)
    expect(whole.summary).toMatchObject({ rows: 2, incomplete: null })
    const cut = await readWhole(`${header}10,High,10.0.0.1,tcp,443,A\n11,High,10.0.0.1,tcp,44`)
    expect(cut.findings.map(finding => finding.pluginId)).toEqual([10])
    expect(cut.rejected).toMatchObject([{ row: 2, reason: 'The file ends in the middle of this row.' }])
    expect(cut.summary.incomplete).toMatch(/ends in the middle/)
  })

  test('cells beyond the header, which have moved the others, make no finding; blank ones are nothing', async () => {
    const header = 'Plugin ID,CVSS,Risk,Host,Protocol,Port,Name\n'
    const file = await readWhole(
      `${header}1,9,8,High,10.0.0.1,tcp,80,A\n2,9.8,High,10.0.0.1,tcp,80,A,,\n3,9.8,High,10.0.0.1,tcp,80\n`,
    )
    expect(file.findings.map(finding => finding.pluginId)).toEqual([2, 3])
    expect(file.hosts.map(host => host.nativeId)).toEqual(['ip:10.0.0.1'])
    expect(file.rejected[0]?.reason).toMatch(/8 cells, the header names 7/)
  })

  test('what a spreadsheet could not compute is nothing', async () => {
    const file = await readWhole(rows(['1', 'High', 'a', '0', 'tcp', '#NAME?', '########', '#VALUE!', '', '']))
    expect(file.plugins[0]).toMatchObject({ cvss3BaseScore: null, epssScore: null, publishedAt: null })
    expect(file.issues.length).toBeGreaterThan(0)
  })

  test('Windows-1252, UTF-16 and UTF-8 all say Müller', async () => {
    const text = rows(['1', 'High', 'Müller', '0', 'tcp', '', '', '', '', ''])
    const contents = [
      Buffer.from(text, 'latin1'),
      Buffer.from(`\ufeff${text}`, 'utf16le'),
      Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
      Buffer.from(text, 'utf8'),
      gzipSync(text),
    ]
    for (const content of contents) {
      const file = await readWhole(content)
      expect(file.hosts[0]?.nativeId).toBe('netbios:müller')
    }
  })

  test('a word of Excel on the separator, and blank lines before the header', async () => {
    const file = await readWhole(`sep=;\r\n${rows(['1', 'High', 'a', '0', 'tcp', '', '', '', '', ''])}`)
    expect(file.findings).toHaveLength(1)
  })

  test('a cell of megabytes, and control characters', async () => {
    const output = `a\0b${'x'.repeat(3_000_000)}`
    const file = await readWhole(
      csvOf([
        ['Plugin ID', 'Risk', 'Host', 'Plugin Output'],
        ['1', 'High', 'a', output],
      ]),
    )
    expect(file.findings[0]?.output).toHaveLength(output.length)
    expect(file.findings[0]?.output?.startsWith('a\ufffdb')).toBe(true)
  })

  test('a table of something else is refused with what it lacks', async () => {
    await expect(readWhole('name,amount\nx,1\n')).rejects.toThrow(/column for the plugin .* name, amount/)
    await expect(readWhole('%PDF-1.4 …')).rejects.toThrow(/PDF/)
    await expect(readWhole('')).rejects.toThrow(/empty/)
    await expect(readWhole('SQLite format 3\0')).rejects.toThrow(/SQLite/)
  })

  test('whatever is in a cell, every row is either read or kept aside', async () => {
    const cell = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom('1', 'High', '10.0.0.1', '-1', '9e99', '2026-01-01'),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(cell, { minLength: 10, maxLength: 10 }), { minLength: 1, maxLength: 6 }),
        async cells => {
          const file = await readWhole(csvOf([header, ...cells.map(row => [...row.slice(0, 9), `x${row[9]}`])]))
          expect(file.findings.length + file.rejected.length).toBe(cells.length)
        },
      ),
      { numRuns: 40 },
    )
  })
})
