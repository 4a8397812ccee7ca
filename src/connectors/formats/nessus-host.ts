import type { CloudField } from '../../domain/asset.ts'
import type { FileHost } from '../../domain/file-reading.ts'
import type { Json } from '../../domain/json.ts'
import { addressesOf, distinct, fileHost, hostOfTarget, isAddress, macsOf } from './host-names.ts'
import { readInstant } from './instants.ts'
import type { XmlHost } from './nessus-xml.ts'
import { linesOf } from './values.ts'

export interface NessusHost {
  readonly host: FileHost
  readonly startedAt: string | null
  readonly endedAt: string | null
  /** The site, when a web application was scanned. */
  readonly url: string | null
}

const cloudTags: Readonly<Record<string, CloudField>> = {
  'aws-instance-instanceid': 'aws_ec2_instance_id',
  'aws-instance-instance-id': 'aws_ec2_instance_id',
  'aws-instance-accountid': 'aws_owner_id',
  'aws-instance-region': 'aws_region',
  'aws-instance-availabilityzone': 'aws_availability_zone',
  'aws-instance-vpc-id': 'aws_vpc_id',
  'aws-instance-imageid': 'aws_ec2_instance_ami_id',
  'aws-instance-ami-id': 'aws_ec2_instance_ami_id',
  'aws-instance-instancetype': 'aws_ec2_instance_type',
  'azure-instance-vmid': 'azure_vm_id',
  'gcp-instance-id': 'gcp_instance_id',
}

/** Tags that have a place of their own, or say only how the scan went. */
const placed =
  /^(host-(ip|fqdn|fqdns|rdns|uuid)|hostname|netbios-name|mac-address|operating-system|os|system-type|bios-uuid|HOST_(START|END)(_TIMESTAMP)?|Last(Una|A)uthenticatedResults|policy-used|cpe(-\d+)?|ssh-fingerprint|patch-summary-.*|netstat-.*|traceroute-hop-\d+|pd-.*)$/i

/** @returns undefined when nothing names the machine */
export function nessusHost({ name, tags }: XmlHost, zoneOffsetMinutes: number): NessusHost | undefined {
  const tag = (key: string) => tags.get(key)?.trim() || null
  const instant = (...keys: string[]) => {
    const text = keys.map(tag).find(value => value !== null)
    return text ? (readInstant(text, { dayFirst: false, zoneOffsetMinutes }) ?? null) : null
  }
  const target = hostOfTarget(name.trim())
  const endedAt = instant('HOST_END_TIMESTAMP', 'HOST_END')
  const startedAt = instant('HOST_START_TIMESTAMP', 'HOST_START')
  const seenAt = endedAt ?? instant('LastAuthenticatedResults', 'LastUnauthenticatedResults') ?? startedAt
  const told = [tag('host-fqdn'), tag('host-rdns'), ...fqdnList(tag('host-fqdns'))]
  const fqdns = distinct(told.map(text => hostOfTarget(text ?? '').name)).filter(text => !isAddress(text))
  const isBareTarget = fqdns.length === 0 && target.name.includes('.') && !isAddress(target.name)
  const plain = [tag('hostname') ?? '', isAddress(target.name) || target.name.includes('.') ? '' : target.name]
  const cloud = cloudOf(tags)
  const host = fileHost({
    uuid: tag('host-uuid') ?? tag('agent-uuid') ?? cloud.aws_ec2_instance_id ?? tag('bios-uuid'),
    fqdns: isBareTarget ? [target.name] : fqdns,
    hostnames: distinct(plain),
    netbiosName: tag('netbios-name')?.split('\\').at(-1) ?? null,
    ips: distinct([...addressesOf(tag('host-ip')), ...(isAddress(target.name) ? [target.name] : [])]),
    macs: macsOf(tag('mac-address')),
    operatingSystems: linesOf(tag('operating-system') ?? ''),
    systemTypes: linesOf(tag('system-type') ?? ''),
    agentUuid: tag('agent-uuid'),
    biosUuid: tag('bios-uuid'),
    cloud,
    software: softwareOf(tags),
    sshFingerprints: linesOf(tag('ssh-fingerprint') ?? ''),
    lastSeen: seenAt,
    lastAuthenticatedAt: instant('LastAuthenticatedResults') ?? (tag('Credentialed_Scan') === 'true' ? seenAt : null),
    lastUnauthenticatedAt: instant('LastUnauthenticatedResults'),
    scanTarget: name,
    target: target.name,
    isWebApp: target.url !== null || tag('system-type') === 'web_application',
    extra: extraOf(tags),
  })
  return host && { host, startedAt, endedAt: seenAt, url: target.url }
}

/** JSON text: `[{"FQDN": "a.example.org", …}]`, in one version a list of names. */
function fqdnList(text: string | null): string[] {
  if (text === null) return []
  try {
    const list: unknown = JSON.parse(text)
    if (!Array.isArray(list)) return []
    return list.flatMap((item: unknown) => {
      const value = typeof item === 'object' && item !== null ? Object.values(item)[0] : item
      return typeof value === 'string' ? [value] : []
    })
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return text.split(/[\s,]+/).filter(name => /^[\w.-]+$/.test(name))
  }
}

function cloudOf(tags: ReadonlyMap<string, string>): Partial<Record<CloudField, string>> {
  const found: Partial<Record<CloudField, string>> = {}
  for (const [name, text] of tags) {
    const field = cloudTags[name.toLowerCase()]
    if (field && text.trim() !== '') found[field] = text.trim()
  }
  return found
}

/** `cpe:/o:linux:linux_kernel -> Linux Kernel` */
function softwareOf(tags: ReadonlyMap<string, string>): string[] {
  const cpes = [...tags].filter(([name]) => /^cpe(-\d+)?$/.test(name)).map(([, text]) => text.split('->')[0] ?? '')
  return distinct(cpes).filter(cpe => cpe.startsWith('cpe:'))
}

function extraOf(tags: ReadonlyMap<string, string>): Record<string, Json> | null {
  const rest = [...tags].filter(([name, text]) => !placed.test(name) && !cloudTags[name.toLowerCase()] && text !== '')
  return rest.length === 0
    ? null
    : Object.fromEntries(rest.slice(0, 200).map(([name, text]) => [name, text.slice(0, 4000)]))
}
