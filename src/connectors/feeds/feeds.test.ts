import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { bytesOf, epssText, kevJson } from '../../../test/support/feeds.ts'
import type { FeedEntry, FeedKind } from '../../domain/feed.ts'
import { type FeedHints, openFeed } from './index.ts'

async function read(kind: FeedKind, content: string | Buffer, hints: FeedHints = {}, pieceBytes = 7) {
  const feed = await openFeed(kind, bytesOf(content, pieceBytes), hints)
  const entries: FeedEntry[] = []
  for await (const batch of feed.entries) entries.push(...batch)
  return { header: feed.header, entries, digest: feed.digest() }
}

const rows = [
  { cve: 'CVE-2024-0001', epss: 0.00042, percentile: 0.05 },
  { cve: 'CVE-2021-44228', epss: 0.94358, percentile: 0.99957 },
  { cve: 'CVE-1999-0001', epss: 1, percentile: 0 },
]
const text = epssText('2025-03-14', rows)

describe('EPSS', () => {
  test('is read with its day and its model, packed or not', async () => {
    const plain = await read('epss', text)
    expect(plain.header).toEqual({
      kind: 'epss',
      version: 'v2025.03.14',
      scoreOn: '2025-03-14',
      releasedAt: '2025-03-14T00:00:00.000Z',
    })
    expect(plain.entries.map(({ cve, epss, percentile }) => ({ cve, epss, percentile }))).toEqual(rows)
    const packed = await read('epss', gzipSync(text))
    expect(packed.entries).toEqual(plain.entries)
    expect(packed.digest).not.toEqual(plain.digest)
    expect(plain.digest.bytes).toBe(text.length)
  })

  const accepted = [
    {
      name: 'without a comment, by the name of the file',
      text: text.slice(text.indexOf('\n') + 1),
      hints: { name: '/x/epss_scores-2022-02-04.csv.gz' },
      day: '2022-02-04',
    },
    {
      name: 'without a comment, by the day that a person gives',
      text: 'cve,epss,percentile\nCVE-2024-0001,0.1,0.2\n',
      hints: { scoreOn: '2022-02-05' },
      day: '2022-02-05',
    },
    {
      name: 'without a comment, by when the server says it changed',
      text: 'cve,epss\nCVE-2024-0001,0.1\n',
      hints: { lastModified: 'Fri, 04 Feb 2022 10:00:00 GMT' },
      day: '2022-02-04',
    },
    {
      name: 'with the lines of Windows and a mark at its beginning',
      text: `\ufeff${text.replaceAll('\n', '\r\n')}`,
      hints: {},
      day: '2025-03-14',
    },
    {
      name: 'with a date that has a time and a zone',
      text: text.replace('2025-03-14T00:00:00+0000', '2025-03-14T23:30:00-0100'),
      hints: {},
      day: '2025-03-15',
    },
  ]
  for (const { name, text: given, hints, day } of accepted) {
    test(name, async () => expect((await read('epss', given, hints)).header.scoreOn).toBe(day))
  }

  const header = '#model_version:v1,score_date:2025-03-14T00:00:00+0000\ncve,epss,percentile\n'
  const refused = [
    { name: 'an empty file', content: '', says: /is empty/ },
    { name: 'a header alone', content: header, says: /no entry/ },
    { name: 'another header', content: 'cve,score\nCVE-2024-0001,0.1\n', says: /line 1: the header is not/ },
    { name: 'another comment', content: '# hello\ncve,epss\nCVE-2024-0001,0.1\n', says: /line 1: the comment/ },
    { name: 'a date that is none', content: header.replace('2025-03-14T', '2025-99-14T'), says: /is no date/ },
    {
      name: 'NaN',
      content: `${header}CVE-2024-0001,NaN,0.5\n`,
      says: /line 3: epss must be a number from 0 to 1, not "NaN"/,
    },
    { name: 'more than one', content: `${header}CVE-2024-0001,0.1,1.5\n`, says: /line 3: percentile/ },
    { name: 'a negative number', content: `${header}CVE-2024-0001,-0.1,0.5\n`, says: /line 3: epss/ },
    { name: 'a number in hexadecimal', content: `${header}CVE-2024-0001,0x1,0.5\n`, says: /line 3: epss/ },
    { name: 'nothing where a number belongs', content: `${header}CVE-2024-0001,,0.5\n`, says: /line 3: epss/ },
    {
      name: 'a column too many',
      content: `${header}CVE-2024-0001,0.1,0.5,x\n`,
      says: /line 3: 3 columns are wanted, not 4/,
    },
    { name: 'a line that is empty', content: `${header}\nCVE-2024-0001,0.1,0.5\n`, says: /line 3: 3 columns/ },
    { name: 'a CVE that is none', content: `${header}CVE-24-1,0.1,0.5\n`, says: /line 3: "CVE-24-1" is no CVE/ },
    { name: 'a CVE with zeros before it', content: `${header}CVE-2024-00001,0.1,0.5\n`, says: /is no CVE/ },
    {
      name: 'a CVE that is there twice',
      content: `${header}CVE-2024-0001,0.1,0.5\nCVE-2024-0002,0,0\ncve-2024-0001,0.1,0.5\n`,
      says: /line 5: CVE-2024-0001 is there a second time/,
    },
    { name: 'a last line that is cut short', content: text.slice(0, -3), says: /line 5: the last line does not end/ },
    { name: 'a packed file that is cut short', content: gzipSync(text).subarray(0, -12), says: /damaged or cut short/ },
    {
      name: 'a packed file with another byte',
      content: Buffer.from(gzipSync(text).map((byte, index) => (index === 30 ? byte ^ 255 : byte))),
      says: /damaged or cut short/,
    },
    { name: 'a line without end', content: `${header}${'x'.repeat(5000)}`, says: /longer than/ },
    {
      name: 'bytes that are no text',
      content: Buffer.concat([Buffer.from(header), Buffer.from([0xff, 0xfe, 0x0a])]),
      says: /not text in UTF-8/,
    },
  ]
  for (const { name, content, says } of refused) {
    test(`${name} is refused, with the place`, async () => {
      const reading = read('epss', content)
      await expect(reading).rejects.toThrow(says)
      await expect(reading).rejects.toMatchObject({ code: 'bad_feed' })
      await expect(reading).rejects.toThrow(/Nothing of it was taken/)
    })
  }

  test('a day that differs from the one a person gives is refused', async () => {
    await expect(read('epss', text, { scoreOn: '2025-03-15' })).rejects.toThrow(/of 2025-03-14, not of 2025-03-15/)
  })

  test('without any day it says what to give', async () => {
    await expect(read('epss', 'cve,epss\nCVE-2024-0001,0.1\n')).rejects.toMatchObject({ code: 'feed_date_needed' })
  })

  test('what unpacks to far more than it may is refused before it is all unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(4_000_000, 'a\n'))
    expect(bomb.length).toBeLessThan(20_000)
    const limits = { maxBytes: 1_000_000, maxUnpackedBytes: 100_000 }
    await expect(read('epss', bomb, { limits, scoreOn: '2025-01-01' }, 1000)).rejects.toThrow(
      /header|larger than 100000/,
    )
    const long = gzipSync(
      `${header}${Array.from({ length: 20_000 }, (_, n) => `CVE-2024-${10_000 + n},0.1,0.1\n`).join('')}`,
    )
    await expect(read('epss', long, { limits }, 1000)).rejects.toThrow(/unpacked it is larger than 100000 bytes/)
    await expect(read('epss', text, { limits: { maxBytes: 50, maxUnpackedBytes: 50 } })).rejects.toThrow(
      /larger than 50/,
    )
  })
})

describe('KEV', () => {
  const catalogue = kevJson('2025-03-14T15:00:01.1234Z', [
    { cve: 'CVE-2021-44228', added: '2021-12-10', due: '2021-12-24', ransomware: true, product: 'Log4j2' },
    { cve: 'CVE-2024-3400', added: '2024-04-12', due: '2024-04-19' },
  ])
  const json = JSON.stringify(catalogue)

  test('is read as JSON', async () => {
    const { header, entries } = await read('kev', gzipSync(json))
    expect(header).toEqual({
      kind: 'kev',
      version: '2025.03.14',
      scoreOn: '2025-03-14',
      releasedAt: '2025-03-14T15:00:01.123Z',
    })
    expect(entries[0]).toMatchObject({
      cve: 'CVE-2021-44228',
      addedOn: '2021-12-10',
      dueOn: '2021-12-24',
      isRansomware: true,
    })
    expect(entries[1]).toMatchObject({ isRansomware: false, detail: { vendor: 'Vendor', cwes: ['CWE-79'] } })
  })

  const csv = [
    'cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,knownRansomwareCampaignUse,notes,cwes',
    'CVE-2021-44228,Apache,Log4j2,"A name, with a comma",2021-12-10,"Two\nlines",Apply.,2021-12-24,Known,,"CWE-20, CWE-400"',
    'CVE-2024-3400,Palo Alto,PAN-OS,Injection,2024-04-12,Short,Apply.,2024-04-19,Unknown,,CWE-77',
    '',
  ].join('\n')

  test('is read as CSV, whose day is that of its newest entry when nothing else says it', async () => {
    const { header, entries } = await read('kev', csv)
    expect(header).toMatchObject({ version: null, scoreOn: '2024-04-12' })
    expect(entries[0]).toMatchObject({
      ...{ cve: 'CVE-2021-44228', dueOn: '2021-12-24', isRansomware: true },
      detail: { name: 'A name, with a comma', description: 'Two\nlines', cwes: ['CWE-20', 'CWE-400'] },
    })
    expect((await read('kev', csv, { scoreOn: '2025-01-01' })).header.scoreOn).toBe('2025-01-01')
  })

  test('hostile texts are kept as PostgreSQL can hold them', async () => {
    const odd = kevJson('2025-03-14T00:00:00Z', [
      { cve: 'CVE-2024-3400', added: '2024-04-12', due: '2024-04-19', product: 'a\0b\ud800' },
    ])
    const { entries } = await read('kev', JSON.stringify(odd))
    expect(entries[0]?.detail?.product).toBe('a\ufffdb\ufffd')
  })

  const change = (alter: (one: typeof catalogue) => void) => {
    const copy = structuredClone(catalogue)
    alter(copy)
    return JSON.stringify(copy)
  }
  const refused = [
    { name: 'JSON that is cut short', content: json.slice(0, -20), says: /not JSON, or is cut short/ },
    {
      name: 'a count that does not fit',
      content: change(one => one.vulnerabilities.pop()),
      says: /has 2 entries, and has 1/,
    },
    { name: 'no list', content: '{"dateReleased": "2025-03-14T00:00:00Z"}', says: /no list/ },
    { name: 'no date', content: change(one => (one.dateReleased = 'soon')), says: /dateReleased/ },
    {
      name: 'a day that is not in the calendar',
      content: change(one => (one.vulnerabilities[1]!.dueDate = '2024-02-30')),
      says: /vulnerabilities\[1\]: dueDate "2024-02-30" is no day/,
    },
    {
      name: 'a CVE twice',
      content: change(one => (one.vulnerabilities[1]!.cveID = 'CVE-2021-44228')),
      says: /vulnerabilities\[1\]: CVE-2021-44228 is there a second time/,
    },
    {
      name: 'no CVE',
      content: change(one => (one.vulnerabilities[0]!.cveID = 'x')),
      says: /vulnerabilities\[0\]: cveID "x"/,
    },
    { name: 'an empty catalogue', content: JSON.stringify(kevJson('2025-03-14T00:00:00Z', [])), says: /no entry/ },
    {
      name: 'CSV without a column',
      content: csv.replace('dueDate', 'due'),
      says: /line 1: columns are missing: dueDate/,
    },
    { name: 'CSV with a wrong row', content: `${csv}CVE-2024-3401,x\n`, says: /line 5: it is not CSV/ },
    { name: 'CSV that is cut short', content: csv.slice(0, -4), says: /cut short/ },
    { name: 'CSV with a wrong day', content: csv.replace('2024-04-19', '19.04.2024'), says: /line 4: dueDate/ },
  ]
  for (const { name, content, says } of refused) {
    test(`${name} is refused, with the place`, async () => {
      await expect(read('kev', content)).rejects.toThrow(says)
    })
  }
})
