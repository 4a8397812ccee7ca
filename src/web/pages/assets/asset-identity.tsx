import { Link } from '@tanstack/react-router'
import type { AssetDetail } from '../../../contract/assets.ts'
import { Section } from '../../components/details-panel.tsx'
import { type Fact, Facts } from '../../components/facts.tsx'
import { Ago } from '../../components/instant.tsx'
import { nameOrigin } from '../../lib/asset-name-origin.ts'
import { assetStatusLabels } from '../../lib/asset-search.ts'
import { counted } from '../../lib/format.ts'
import { sumOf } from '../../lib/severity.ts'
import { linesOf, outside, yesOrNo } from './lines.tsx'

/** Every name, address and id of an asset, and what the source thinks of it. */
export function AssetIdentity({ asset }: { readonly asset: AssetDetail }) {
  return (
    <Section title="Identity">
      <Facts
        facts={[
          ['Called by', nameOrigin(asset)],
          ['Status', statusOf(asset)],
          ['Licensed', yesOrNo(asset.is_licensed)],
          ['Tracked between scans', yesOrNo(asset.is_tracked)],
          ['Device', deviceOf(asset)],
          ['Known from', asset.is_provisional ? 'findings only, so far' : null],
          ['Seen from outside', asset.is_public === null ? null : yesOrNo(asset.is_public)],
          ['ACR', asset.acr_score === null ? null : `${asset.acr_score} of 10, ${asset.criticality}`],
          ['Exposure score', asset.exposure_score === null ? null : `${asset.exposure_score} of 1,000`],
          ['Other findings', otherFindings(asset)],
          ...namesOf(asset),
          ...machineOf(asset),
          ...idsOf(asset),
        ]}
      />
    </Section>
  )
}

/** The door to what other sources say of the same machine. */
function deviceOf({ device }: AssetDetail) {
  if (device === null) return null
  return (
    <>
      <Link to="/devices/$id" params={{ id: String(device.id) }}>
        device {device.id}
      </Link>
      {device.records > 1 ? `, with ${counted(device.records - 1, 'other record')}` : ', known to this source alone'}
    </>
  )
}

function namesOf(asset: AssetDetail): readonly Fact[] {
  return [
    ['FQDN', linesOf(asset.fqdns)],
    ['Host name', linesOf(asset.hostnames)],
    ['NetBIOS', linesOf(asset.netbios_names)],
    ['Workgroup', outside(asset.netbios_workgroup)],
    ['IPv4', linesOf(asset.ipv4s, true)],
    ['IPv6', linesOf(asset.ipv6s, true)],
    ['MAC', linesOf(asset.mac_addresses, true)],
    ['Network', outside(asset.network_name ?? asset.network_id)],
  ]
}

function machineOf(asset: AssetDetail): readonly Fact[] {
  return [
    ['Type', linesOf(asset.types)],
    ['System type', linesOf(asset.system_types)],
    ['Device type', outside(asset.device_type)],
    ['Operating system', linesOf(asset.operating_systems)],
    ['Agent', agentOf(asset)],
    ['Name of the agent', linesOf(asset.agent_names)],
    ['Serial number', outside(asset.serial_number)],
  ]
}

function idsOf(asset: AssetDetail): readonly Fact[] {
  const others = asset.aliases.filter(id => id !== asset.uuid)
  return [
    ['Source', outside(asset.source)],
    ['Source’s id', outside(asset.uuid, true)],
    ['Other ids of the source', linesOf(others, true)],
    ['Our number', asset.id],
    ['Id of the agent', outside(asset.agent_uuid, true)],
    ['BIOS UUID', outside(asset.bios_uuid, true)],
    ['SSH fingerprint', linesOf(asset.ssh_fingerprints, true)],
    ['TPM', linesOf(asset.tpm_ids, true)],
    ['Qualys asset', linesOf(asset.qualys_asset_ids, true)],
    ['Qualys host', linesOf(asset.qualys_host_ids, true)],
    ['Symantec hardware key', linesOf(asset.symantec_hardware_keys, true)],
    ...Object.entries(asset.third_party).map(
      ([name, value]): Fact => [name.replaceAll('_', ' '), outside(value, true)],
    ),
  ]
}

function statusOf(asset: AssetDetail) {
  const label = assetStatusLabels[asset.status]
  const [at, by] =
    asset.status === 'deleted'
      ? [asset.deleted_at, asset.deleted_by]
      : asset.status === 'terminated'
        ? [asset.terminated_at, asset.terminated_by]
        : [null, null]
  return (
    <>
      {label}
      {at !== null && (
        <>
          {' '}
          <Ago at={at} />
        </>
      )}
      {by !== null && <> by {outside(by)}</>}
      {asset.out_of_scope_at !== null && (
        <>
          , out of the scope of its source since <Ago at={asset.out_of_scope_at} />
        </>
      )}
    </>
  )
}

function otherFindings(asset: AssetDetail): string {
  const [reopened, fixed] = [sumOf(asset.reopened), sumOf(asset.fixed)]
  return `${fixed.toLocaleString('en')} fixed, ${reopened.toLocaleString('en')} of the open ones reopened, ${asset.ended.toLocaleString('en')} ended without a fix`
}

function agentOf(asset: AssetDetail): string | null {
  if (asset.has_agent === null) return null
  if (!asset.has_agent) return 'none'
  const days = asset.agent_days_since_active
  return days === null ? 'installed' : `installed, active ${days === 0 ? 'today' : `${days} d ago`}`
}
