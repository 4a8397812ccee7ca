import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { DeviceFinding } from '../../../contract/devices.ts'
import { pluginName } from '../../../domain/plugin-name.ts'
import { Section } from '../../components/details-panel.tsx'
import { Ago } from '../../components/instant.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { SeverityLabel } from '../../components/severity-mark.tsx'
import { StateLabel } from '../../components/state-label.tsx'
import { deviceFindingsQuery } from '../../lib/device-queries.ts'
import { count, counted } from '../../lib/format.ts'
import { portName } from '../findings/port-name.ts'
import styles from './devices.module.css'

const shownAtFirst = 50

/** Open findings of the machine, each once with everybody who reports it. */
export function DeviceFindings({ id }: { id: number }) {
  const query = useQuery(deviceFindingsQuery(id))
  const [isAll, setIsAll] = useState(false)
  return (
    <Section title="Open findings, each once">
      <QueryView
        query={query}
        skeleton={<Skeleton height={160} />}
        isEmpty={data => data.items.length === 0}
        empty={<p className="dim">Nothing is open on this device.</p>}
      >
        {data => {
          const reported = data.items.reduce((sum, one) => sum + openWitnesses(one), 0)
          const shown = isAll ? data.items : data.items.slice(0, shownAtFirst)
          return (
            <>
              <p style={{ margin: '0 0 6px' }}>
                {counted(data.total, 'open finding')}
                {reported > data.total && `, reported ${count(reported)} times`}.
              </p>
              <PlainTable
                label="Findings of the device"
                className={styles.table}
                columns={['Severity', 'Plugin', 'Port', 'Witnesses']}
              >
                {shown.map(finding => (
                  <tr key={`${finding.plugin_id} ${finding.port} ${finding.protocol} ${finding.instance}`}>
                    <td data-label="Severity">
                      <SeverityLabel severity={finding.severity} />
                    </td>
                    <td data-label="Plugin">
                      <Link to="/vulnerabilities/tenable" search={{ plugin_id: [finding.plugin_id] }}>
                        <OutsideName text={pluginName(finding.plugin_name, finding.plugin_id)} />
                      </Link>
                      {finding.instance !== '' && (
                        <div className="mono dim">
                          <OutsideName text={finding.instance} />
                        </div>
                      )}
                    </td>
                    <td data-label="Port" className="mono nowrap">
                      {portName(finding)}
                    </td>
                    <td data-label="Witnesses">
                      <Witnesses finding={finding} />
                    </td>
                  </tr>
                ))}
              </PlainTable>
              {shown.length < data.items.length && (
                <Button variant="default" mt="sm" onClick={() => setIsAll(true)}>
                  Show all {count(data.items.length)}
                </Button>
              )}
            </>
          )
        }}
      </QueryView>
    </Section>
  )
}

function openWitnesses({ witnesses }: DeviceFinding): number {
  return witnesses.filter(one => one.state !== 'fixed').length
}

/** Who reports it: in which state, from when to when. */
function Witnesses({ finding }: { finding: DeviceFinding }) {
  return (
    <ul className={styles.witnesses}>
      {finding.witnesses.map(one => (
        <li key={one.finding}>
          <Link to="/vulnerabilities/tenable/$id" params={{ id: one.finding }} search={{ asset_id: [one.asset_id] }}>
            <OutsideName text={one.source} />
          </Link>
          <StateLabel state={one.state} />
          {one.severity !== finding.severity && <SeverityLabel severity={one.severity} />}
          <span className="dim">
            <Ago at={one.first_found} /> to <Ago at={one.last_found} />
          </span>
        </li>
      ))}
    </ul>
  )
}
