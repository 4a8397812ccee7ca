import type { Asset, ObservedAsset } from '../../src/domain/asset.ts'
import type { Finding } from '../../src/domain/finding.ts'
import { type Plugin, type PluginDescription, unknownPlugin } from '../../src/domain/plugin.ts'

// Whole records from the few facts a test is about.

export function anObservedAsset(facts: Partial<ObservedAsset> = {}): ObservedAsset {
  return {
    nativeId: 'asset-1',
    hostname: 'host-1',
    fqdn: null,
    ipv4: '10.0.0.1',
    ipv6: null,
    macAddress: null,
    netbiosName: null,
    netbiosWorkgroup: null,
    operatingSystems: [],
    deviceType: null,
    agentUuid: null,
    biosUuid: null,
    serialNumber: null,
    networkId: null,
    isTracked: true,
    lastAuthenticatedResultsAt: null,
    lastUnauthenticatedResultsAt: null,
    extra: null,
    ...facts,
  }
}

export function aPlugin(facts: Partial<Plugin> = {}): Plugin {
  return { ...unknownPlugin, pluginId: 19506, name: 'Nessus Scan Information', family: 'Settings', ...facts }
}

const descriptions = new WeakMap<Plugin, PluginDescription>()

/** The same object for the same plugin, as a decoder gives it. */
export function described(plugin: Plugin): PluginDescription {
  const known = descriptions.get(plugin) ?? { pluginId: plugin.pluginId, describe: () => plugin }
  descriptions.set(plugin, known)
  return known
}

type FindingFacts = Partial<Omit<Finding, 'plugin'>> & { readonly plugin?: Plugin }

export function aFinding({ plugin: given, ...facts }: FindingFacts = {}): Finding {
  const asset = facts.asset ?? anObservedAsset(facts.assetNativeId ? { nativeId: facts.assetNativeId } : {})
  const plugin = given ?? aPlugin(facts.pluginId === undefined ? {} : { pluginId: facts.pluginId })
  return {
    assetNativeId: asset.nativeId,
    asset,
    pluginId: plugin.pluginId,
    plugin: described(plugin),
    port: 0,
    protocol: 'tcp',
    instance: '',
    state: 'open',
    severity: 'high',
    defaultSeverity: 'high',
    severityModification: 'none',
    modificationReason: null,
    modificationRuleId: null,
    firstFound: '2026-01-01T00:00:00Z',
    lastFound: '2026-01-01T00:00:00Z',
    lastFixed: null,
    resurfacedAt: null,
    timeTakenToFixSeconds: null,
    indexedAt: '2026-01-01T01:00:00Z',
    service: null,
    sensor: null,
    scanUuid: null,
    scanScheduleUuid: null,
    scanStartedAt: null,
    scanCompletedAt: null,
    scanTarget: null,
    nativeId: null,
    output: null,
    extra: null,
    ...facts,
  }
}

export function anAsset(facts: Partial<Asset> = {}): Asset {
  return {
    nativeId: 'asset-1',
    status: 'live',
    isLicensed: true,
    isPublic: null,
    types: ['host'],
    hostnames: [],
    fqdns: [],
    ipv4s: ['10.0.0.1'],
    ipv6s: [],
    macAddresses: [],
    netbiosNames: [],
    operatingSystems: [],
    systemTypes: [],
    agentNames: [],
    sshFingerprints: [],
    tpmIds: [],
    qualysAssetIds: [],
    qualysHostIds: [],
    symantecHardwareKeys: [],
    installedSoftware: [],
    hasAgent: false,
    hasPluginResults: true,
    agentUuid: null,
    agentDaysSinceActive: null,
    biosUuid: null,
    serialNumber: null,
    networkId: null,
    networkName: null,
    cloud: {},
    thirdParty: {},
    acrScore: null,
    exposureScore: null,
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
    deletedAt: null,
    deletedBy: null,
    terminatedAt: null,
    terminatedBy: null,
    firstSeen: null,
    lastSeen: null,
    firstScanAt: null,
    lastScanAt: null,
    lastAuthenticatedScanAt: null,
    lastLicensedScanAt: null,
    lastAuthenticationAttemptAt: null,
    lastAuthenticationSuccessAt: null,
    lastAuthenticationStatus: null,
    lastScanId: null,
    lastScheduleId: null,
    lastScanTarget: null,
    tags: [],
    interfaces: [],
    sightings: [],
    openPorts: [],
    customAttributes: [],
    resourceTags: [],
    ratings: null,
    extra: null,
    ...facts,
  }
}
