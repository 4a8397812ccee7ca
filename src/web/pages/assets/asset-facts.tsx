import { Link } from '@tanstack/react-router'
import type { AssetDetail } from '../../../contract/assets.ts'
import { Folded, Section } from '../../components/details-panel.tsx'
import { Facts } from '../../components/facts.tsx'
import { Ago } from '../../components/instant.tsx'
import { OutsideName, OutsideText } from '../../components/outside-text.tsx'
import { cloudLabels } from '../../lib/asset-search.ts'
import { counted } from '../../lib/format.ts'
import { severityLabels, sumOf, worstFirst } from '../../lib/severity.ts'
import styles from './asset-facts.module.css'
import { AssetFindings } from './asset-findings.tsx'
import { AssetIdentity } from './asset-identity.tsx'
import { AssetOwner } from './asset-owner.tsx'
import { AssetScans } from './asset-scans.tsx'
import { AssetTimeline } from './asset-timeline.tsx'
import { linesOf } from './lines.tsx'

/** Everything known of one asset: what is open first, then who it is, then where each thing came from. */
export function AssetFacts({ asset }: { asset: AssetDetail }) {
  const id = String(asset.id)
  return (
    <div className={styles.whole}>
      <p style={{ margin: 0 }}>
        {sentenceOf(asset)} Last seen <Ago at={asset.last_seen} fallback="at an unknown time" />.
      </p>
      <div className={styles.side}>
        <AssetFindings id={id} assetId={asset.id} />
      </div>
      <div className={styles.side}>
        <AssetIdentity asset={asset} />
        <AssetOwner id={id} />
        {asset.tags.length > 0 && (
          <Section title="Tags">
            <ul className={styles.tags}>
              {asset.tags.map(tag => (
                <li
                  key={`${tag.key}:${tag.value}`}
                  title={tag.added_by === null ? undefined : `Added by ${tag.added_by}`}
                >
                  <Link to="/assets/tenable" search={{ tag: [`${tag.key}:${tag.value}`] }}>
                    <OutsideName text={`${tag.key}: ${tag.value}`} />
                  </Link>
                </li>
              ))}
            </ul>
          </Section>
        )}
        <CustomAttributes attributes={asset.custom_attributes} />
        {asset.cloud_provider !== 'on_premise' && (
          <Section title={`Cloud: ${cloudLabels[asset.cloud_provider]}`}>
            <Facts facts={Object.entries(asset.cloud).map(([name, value]) => [cloudName(name), said(value)])} />
          </Section>
        )}
        <AssetScans asset={asset} />
        <AssetTimeline id={id} />
        {asset.interfaces.length > 0 && (
          <Folded title={`Interfaces (${asset.interfaces.length})`}>
            <Facts
              facts={asset.interfaces.map(one => [
                [one.name || 'unnamed', one.is_virtual && '(virtual)', one.is_aliased && '(alias)']
                  .filter(Boolean)
                  .join(' '),
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
        <Folded title="Everything, as the API gives it">
          <OutsideText label="Everything, as the API gives it" text={JSON.stringify(asset, null, 2)} />
        </Folded>
      </div>
    </div>
  )
}

interface Attribute {
  readonly id: string
  readonly value: string
}

function CustomAttributes({ attributes }: { readonly attributes: AssetDetail['custom_attributes'] }) {
  const known = (Array.isArray(attributes) ? attributes : []).flatMap(attributeOf)
  if (known.length === 0) return null
  return (
    <Section title="Custom attributes">
      <Facts facts={known.map(({ id, value }) => [id, said(value)])} />
    </Section>
  )
}

/** As the source sends them: `{id, name, value}`, the name only sometimes. */
function attributeOf(sent: unknown): Attribute[] {
  if (typeof sent !== 'object' || sent === null) return []
  const { id, name, value } = sent as Readonly<Record<string, unknown>>
  const key = typeof name === 'string' ? name : id
  return key === undefined || value === undefined ? [] : [{ id: String(key), value: textOf(value) }]
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function cloudName(name: string): string {
  return name.replace(/^(aws|azure|gcp)_(ec2_)?/, '').replaceAll('_', ' ')
}

function said(text: string) {
  return <OutsideName text={text} />
}

function sentenceOf(asset: AssetDetail): string {
  const open = sumOf(asset.open)
  if (open === 0) return 'No open findings.'
  const parts = worstFirst
    .filter(severity => asset.open[severity] > 0)
    .map(severity => `${asset.open[severity].toLocaleString('en')} ${severityLabels[severity].toLowerCase()}`)
  return `${counted(open, 'open finding')}: ${parts.join(', ')}.`
}
