import { Link } from '@tanstack/react-router'
import type { FindingDetail } from '../../../contract/findings.ts'
import { Folded, Section } from '../../components/details-panel.tsx'
import { Facts } from '../../components/facts.tsx'
import { Ago } from '../../components/instant.tsx'
import { OutsideName, OutsideText } from '../../components/outside-text.tsx'
import { SeverityLabel } from '../../components/severity-mark.tsx'
import { endCauseLabels, StateLabel } from '../../components/state-label.tsx'
import { useNow } from '../../lib/clock.ts'
import { chance, duration, score } from '../../lib/format.ts'
import { claimedFirstSeenOf, knownFactsOf } from '../../lib/known-facts.ts'
import { severityLabels } from '../../lib/severity.ts'
import { FindingHistory } from './finding-history.tsx'
import { OutputText } from './output-text.tsx'
import { PluginFacts } from './plugin-facts.tsx'
import { portName } from './port-name.ts'

const modificationLabels = { none: null, recasted: 'recast by a rule', accepted: 'accepted by a rule' } as const

export function FindingFacts({ finding }: { finding: FindingDetail }) {
  return (
    <div style={{ display: 'flex', flexDirection: 'column', gap: 18 }}>
      <p style={{ margin: 0 }}>
        <Sentence finding={finding} />
      </p>
      <Facts
        facts={[
          ['State', <StateLabel key="s" state={finding.state} endCause={finding.end_cause} />],
          ['Severity', <Severity key="v" finding={finding} />],
          ['VPR', finding.vpr_score === null ? null : score(finding.vpr_score)],
          ['EPSS', finding.epss_score === null ? null : chance(finding.epss_score)],
          ['CVSS v3', finding.cvss3_base_score === null ? null : score(finding.cvss3_base_score)],
          ['KEV', finding.is_kev === null ? null : finding.is_kev ? 'listed' : 'not listed'],
          [
            'Exploit',
            finding.exploit_available === null ? null : finding.exploit_available ? 'available' : 'none known',
          ],
          ['First found', finding.first_found && <Ago at={finding.first_found} />],
          ['Last found', finding.last_found && <Ago at={finding.last_found} />],
          ['Fixed', finding.last_fixed && <Ago at={finding.last_fixed} />],
          ['Resurfaced', finding.resurfaced_date && <Ago at={finding.resurfaced_date} />],
          ['Time to fix', finding.time_taken_to_fix === null ? null : duration(finding.time_taken_to_fix * 1_000)],
          ['Ended', finding.ended_at && <Ago at={finding.ended_at} />],
          ['Why ended', finding.end_cause && endCauseLabels[finding.end_cause]],
        ]}
      />
      {finding.severity_modification !== 'none' && finding.modification_reason !== null && (
        <Section title={`Why it is ${modificationLabels[finding.severity_modification]}`}>
          <OutsideText label="Reason of the rule" text={finding.modification_reason} />
        </Section>
      )}
      <Section title="Output">
        {finding.is_output_archived ? (
          <p className="dim" style={{ margin: 0 }}>
            Its output is in the archive: restore it there to read it.
          </p>
        ) : finding.output === null || finding.output === '' ? (
          <p className="dim" style={{ margin: 0 }}>
            The plugin wrote no output for this asset and port.
          </p>
        ) : (
          <OutputText label="Output of the plugin" text={finding.output} />
        )}
      </Section>
      {finding.plugin !== null && <PluginFacts plugin={finding.plugin} />}
      <FindingHistory id={finding.id} />
      <Section title="Affected asset">
        <Facts
          facts={[
            ['Name', <AssetLink key="a" finding={finding} />],
            ['Status', finding.asset_status.replace('_', ' ')],
            ['Owner', finding.owner === null ? 'nobody' : <OutsideName key="o" text={finding.owner} />],
            ['Source’s id', <OutsideName key="u" text={finding.asset_uuid} />],
          ]}
        />
      </Section>
      <Section title="Seen by">
        <Facts
          facts={[
            ['Source', <OutsideName key="s" text={finding.source} />],
            ['Sensor', finding.sensor && <OutsideName text={finding.sensor} />],
            ['Service', finding.service && <OutsideName text={finding.service} />],
            ['Scan target', finding.scan_target && <OutsideName text={finding.scan_target} />],
            ['Scan started', finding.scan_started_at && <Ago at={finding.scan_started_at} />],
            ['Scan completed', finding.scan_completed_at && <Ago at={finding.scan_completed_at} />],
            ['Indexed by the source', finding.indexed && <Ago at={finding.indexed} />],
            ['Read', <Ago key="r" at={finding.read_at} />],
            ['By run', <RunLink key="n" id={finding.run_id} />],
            ['Source’s finding id', finding.finding_id && <span className="mono">{finding.finding_id}</span>],
          ]}
        />
      </Section>
      <Known finding={finding} />
      {finding.extra !== null && Object.keys(finding.extra).length > 0 && (
        <Folded title="What else the source sent">
          <OutsideText label="Other fields" text={JSON.stringify(finding.extra, null, 2)} />
        </Folded>
      )}
    </div>
  )
}

/** Of one that was brought over from HexTrackr: how well each fact is known. */
function Known({ finding }: { finding: FindingDetail }) {
  const facts = knownFactsOf(finding.extra)
  if (facts.length === 0) return null
  const claimed = claimedFirstSeenOf(finding.extra)
  return (
    <Section title="How well it is known">
      <p className="dim" style={{ margin: '0 0 8px' }}>
        It was brought over from HexTrackr, which keeps some facts and not others.
        {claimed !== null && ` HexTrackr calls ${claimed} first seen: that is when the plugin was published.`}
      </p>
      <Facts facts={facts.map(([fact, mark]) => [fact, mark])} />
    </Section>
  )
}

function AssetLink({ finding }: { finding: FindingDetail }) {
  return (
    <Link to="/assets/tenable/$id" params={{ id: String(finding.asset_id) }}>
      <OutsideName text={finding.asset_name} />
    </Link>
  )
}

function Sentence({ finding }: { finding: FindingDetail }) {
  const now = useNow()
  const where = portName(finding)
  const since = finding.first_found === null ? null : duration(now - Date.parse(finding.first_found))
  return (
    <>
      {finding.state === 'fixed' ? 'Fixed' : finding.end_cause === null ? 'Open' : 'Ended'}
      {since !== null && finding.state !== 'fixed' && finding.end_cause === null && ` for ${since}`} on{' '}
      <Link to="/assets/tenable/$id" params={{ id: String(finding.asset_id) }}>
        <OutsideName text={finding.asset_name} />
      </Link>
      {where === 'host' ? '' : `, ${where}`}
      {finding.is_counted || finding.state === 'fixed' ? '.' : '. Not in the default count.'}
    </>
  )
}

function Severity({ finding }: { finding: FindingDetail }) {
  const how = modificationLabels[finding.severity_modification]
  const was = finding.default_severity
  return (
    <>
      <SeverityLabel severity={finding.severity} />
      {how !== null && (
        <div className="dim">
          {how}
          {was !== null && was !== finding.severity && `; the plugin says ${severityLabels[was].toLowerCase()}`}
        </div>
      )}
    </>
  )
}

function RunLink({ id }: { id: number }) {
  return (
    <Link to="/admin/tenable/sync/$id" params={{ id: String(id) }}>
      {id}
    </Link>
  )
}
