import { Link } from '@tanstack/react-router'
import type { AssetDetail } from '../../../contract/assets.ts'
import { Folded, Section } from '../../components/details-panel.tsx'
import { Facts } from '../../components/facts.tsx'
import { Ago } from '../../components/instant.tsx'
import { OutsideName, OutsideText } from '../../components/outside-text.tsx'
import { assetStatusLabels, cloudLabels } from '../../lib/asset-search.ts'
import { counted } from '../../lib/format.ts'
import { severityLabels, sumOf, worstFirst } from '../../lib/severity.ts'
import styles from './asset-facts.module.css'
import { AssetFindings } from './asset-findings.tsx'

export function AssetFacts({ asset }: { asset: AssetDetail }) {
  return (
    <div style={{ display: 'flex', flexDirection: 'column', gap: 18 }}>
      <p style={{ margin: 0 }}>
        {sentenceOf(asset)} Last seen <Ago at={asset.last_seen} fallback="at an unknown time" />.
      </p>
      <AssetFindings id={String(asset.id)} assetId={asset.id} />
      <Section title="Identity">
        <Facts
          facts={[
            ['Status', assetStatusLabels[asset.status]],
            ['Licensed', said(asset.is_licensed)],
            ['Tracked between scans', said(asset.is_tracked)],
            ['Known from', asset.is_provisional ? 'findings only, so far' : null],
            ['Type', asset.types.join(', ')],
            ['System type', asset.system_types.join(', ')],
            ['Operating system', linesOf(asset.operating_systems)],
            ['FQDN', linesOf(asset.fqdns)],
            ['Host name', linesOf(asset.hostnames)],
            ['NetBIOS', linesOf(asset.netbios_names)],
            ['IPv4', linesOf(asset.ipv4s, true)],
            ['IPv6', linesOf(asset.ipv6s, true)],
            ['MAC', linesOf(asset.mac_addresses, true)],
            ['Network', asset.network_name && <OutsideName text={asset.network_name} />],
            ['ACR', asset.acr_score],
            ['Exposure score', asset.exposure_score],
            ['Agent', agentOf(asset)],
            ['Serial number', asset.serial_number && <OutsideName text={asset.serial_number} />],
            ['BIOS UUID', asset.bios_uuid && <span className="mono">{asset.bios_uuid}</span>],
            ['Source', <OutsideName key="s" text={asset.source} />],
            [
              'Source’s id',
              <span key="u" className="mono">
                {asset.uuid}
              </span>,
            ],
            [
              'Other ids of the source',
              linesOf(
                asset.aliases.filter(id => id !== asset.uuid),
                true,
              ),
            ],
          ]}
        />
      </Section>
      {asset.tags.length > 0 && (
        <Section title="Tags">
          <ul className={styles.tags}>
            {asset.tags.map(tag => (
              <li key={`${tag.key}:${tag.value}`}>
                <Link to="/assets/tenable" search={{ tag: [`${tag.key}:${tag.value}`] }}>
                  <OutsideName text={`${tag.key}: ${tag.value}`} />
                </Link>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {asset.cloud_provider !== 'on_premise' && (
        <Section title={`Cloud: ${cloudLabels[asset.cloud_provider]}`}>
          <Facts
            facts={Object.entries(asset.cloud).map(([name, value]) => [
              name.replace(/^(aws|azure|gcp)_(ec2_)?/, '').replaceAll('_', ' '),
              <OutsideName key={name} text={value} />,
            ])}
          />
        </Section>
      )}
      <Section title="Seen and scanned">
        <Facts
          facts={[
            ['First seen', asset.first_seen && <Ago at={asset.first_seen} />],
            ['Last seen', asset.last_seen && <Ago at={asset.last_seen} />],
            ['First scan', asset.first_scan_at && <Ago at={asset.first_scan_at} />],
            ['Last scan', asset.last_scan_at && <Ago at={asset.last_scan_at} />],
            [
              'Last scan with credentials',
              asset.last_authenticated_scan_at && <Ago at={asset.last_authenticated_scan_at} />,
            ],
            ['Last licensed scan', asset.last_licensed_scan_at && <Ago at={asset.last_licensed_scan_at} />],
            [
              'Sign-in at the last try',
              asset.last_authentication_status && <OutsideName text={asset.last_authentication_status} />,
            ],
            ['Deleted', asset.deleted_at && <Ago at={asset.deleted_at} />],
            ['Deleted by', asset.deleted_by && <OutsideName text={asset.deleted_by} />],
            ['Terminated', asset.terminated_at && <Ago at={asset.terminated_at} />],
            ['Terminated by', asset.terminated_by && <OutsideName text={asset.terminated_by} />],
            ['Row changed', <Ago key="c" at={asset.updated_at} />],
            ['Last read', asset.read_at && <Ago at={asset.read_at} />],
          ]}
        />
      </Section>
      {asset.interfaces.length > 0 && (
        <Folded title={`Interfaces (${asset.interfaces.length})`}>
          <Facts
            facts={asset.interfaces.map(one => [
              one.name || 'unnamed',
              linesOf([...one.ipv4s, ...one.ipv6s, ...one.mac_addresses, ...one.fqdns], true),
            ])}
          />
        </Folded>
      )}
      {asset.software.length > 0 && (
        <Folded title={`Software (${asset.software.length})`}>
          <OutsideText label="Software" text={asset.software.join('\n')} />
        </Folded>
      )}
      <Folded title="Everything else the source sent">
        <OutsideText
          label="Other fields"
          text={JSON.stringify(
            {
              third_party: asset.third_party,
              custom_attributes: asset.custom_attributes,
              resource_tags: asset.resource_tags,
              open_ports: asset.open_ports,
              sightings: asset.sightings,
              ratings: asset.ratings,
              observed: asset.observed,
              extra: asset.extra,
            },
            null,
            2,
          )}
        />
      </Folded>
    </div>
  )
}

function sentenceOf(asset: AssetDetail): string {
  const open = sumOf(asset.open)
  if (open === 0) return 'No open findings.'
  const parts = worstFirst
    .filter(severity => asset.open[severity] > 0)
    .map(severity => `${asset.open[severity].toLocaleString('en')} ${severityLabels[severity].toLowerCase()}`)
  return `${counted(open, 'open finding')}: ${parts.join(', ')}.`
}

function agentOf(asset: AssetDetail): string | null {
  if (asset.has_agent === null) return null
  if (!asset.has_agent) return 'none'
  const days = asset.agent_days_since_active
  return days === null ? 'installed' : `installed, active ${days === 0 ? 'today' : `${days} d ago`}`
}

function said(value: boolean | null): string {
  return value === null ? 'not said' : value ? 'yes' : 'no'
}

/** One below the other; null when there are none, so that the fact is left out. */
function linesOf(values: readonly string[], isMono = false) {
  if (values.length === 0) return null
  return values.map(value => (
    <div key={value} className={isMono ? 'mono' : undefined}>
      <OutsideName text={value} />
    </div>
  ))
}
