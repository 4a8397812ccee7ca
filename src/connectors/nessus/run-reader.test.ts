import { expect, test } from 'vitest'
import type { Batch } from '../connector.ts'
import type { XmlItem } from '../formats/nessus-xml.ts'
import { RunReader } from './run-reader.ts'

const item = (pluginID: string): XmlItem => ({
  attributes: { pluginID, port: '443', protocol: 'tcp', severity: '2', svc_name: 'www' },
  children: new Map([['plugin_output', ['said']]]),
})

function read(...stray: readonly XmlItem[]): Batch[] {
  const times = { startedAt: '2026-11-01T00:00:00Z', endedAt: '2026-11-01T01:00:00Z' }
  const reader = new RunReader(1, { historyId: 2, uuid: null, isWhole: true, ...times })
  for (const one of stray) reader.item(one)
  reader.begin({ name: '192.0.2.7', tags: new Map([['host-ip', '192.0.2.7']]) })
  reader.item(item('19506'))
  reader.end()
  return [...reader.take(0, true)]
}

test('an item outside any machine is kept aside, and no machine after it is seen wholly', () => {
  const [, whole] = read()
  expect(whole).toMatchObject({ rejected: [], sightings: { hosts: [{ isWhole: true }] } })
  const [, findings] = read(item('11'))
  expect(findings).toMatchObject({
    rows: [{ pluginId: 19506 }],
    rejected: [{ reason: expect.stringContaining('stands in no ReportHost') as string }],
    sightings: { hosts: [{ isWhole: false }] },
  })
  expect(findings?.rejected[0]?.raw).toContain('"pluginID":"11"')
})
