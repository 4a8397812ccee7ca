import type { SourceKind, SourceSettings, SourceView, TestConnectionRequest } from '../../../contract/sources.ts'
import { api } from '../../lib/api.ts'
import { settingsOf } from '../../lib/source-actions.ts'
import { connectableKinds } from '../../lib/source-kinds.ts'

/** Where a source is and by which keys, as it is typed. */
export interface Connection {
  readonly kind: SourceKind
  readonly name: string
  readonly baseUrl: string
  readonly accessKey: string
  readonly secretKey: string
  readonly proxyUrl: string
  readonly caPem: string
  /** Fingerprint of the one certificate that is accepted, of a server of one's own. */
  readonly tlsPin: string
}

/** The keys of a source never come out: they begin empty. */
export function connectionOf(source: SourceView | undefined): Connection {
  const settings = source === undefined ? {} : settingsOf(source)
  const { kind, name, baseUrl } = connectableKinds[0]
  return {
    kind: source?.kind ?? kind,
    name: source?.name ?? name,
    baseUrl: source?.base_url ?? baseUrl,
    accessKey: '',
    secretKey: '',
    proxyUrl: settings.proxy_url ?? '',
    caPem: settings.ca_pem ?? '',
    tlsPin: settings.tls_pin_sha256 ?? '',
  }
}

export function hasKeys(typed: Connection): boolean {
  return typed.accessKey.trim() !== '' && typed.secretKey.trim() !== ''
}

/** Stored keys go nowhere else and no other way than when they were entered; the server refuses it too. */
export function needsKeys(source: SourceView | undefined, typed: Connection): boolean {
  if (source === undefined || !source.has_credentials) return true
  if (typed.accessKey.trim() !== '' || typed.secretKey.trim() !== '') return true
  const before = connectionOf(source)
  const isOtherWay = (['proxyUrl', 'caPem', 'tlsPin'] as const).some(
    key => typed[key].trim() !== '' && typed[key].trim() !== before[key].trim(),
  )
  return isOtherWay || originOf(typed.baseUrl) !== originOf(source.base_url)
}

/** What is tried: what is typed, or what is saved when nothing that matters was typed. */
export function testBodyOf(source: SourceView | undefined, typed: Connection): TestConnectionRequest {
  if (source !== undefined && !hasKeys(typed)) return { id: source.id }
  return {
    kind: typed.kind,
    base_url: typed.baseUrl.trim(),
    access_key: typed.accessKey.trim(),
    secret_key: typed.secretKey.trim(),
    ...(hasReach(typed) ? { settings: reachOf(typed) } : {}),
  }
}

export async function saveConnection(source: SourceView | undefined, typed: Connection): Promise<SourceView> {
  const name = typed.name.trim()
  const body = {
    ...(name === '' ? {} : { name }),
    ...(hasKeys(typed) ? { access_key: typed.accessKey.trim(), secret_key: typed.secretKey.trim() } : {}),
    base_url: typed.baseUrl.trim(),
  }
  if (source === undefined) {
    const { access_key = '', secret_key = '' } = body
    const settings = hasReach(typed) ? { settings: reachOf(typed) } : {}
    return api.call('createSource', { body: { ...body, ...settings, kind: typed.kind, access_key, secret_key } })
  }
  const { proxy_url: _proxy, ca_pem: _ca, tls_pin_sha256: _pin, ...others } = settingsOf(source)
  const settings: SourceSettings = { ...others, ...reachOf(typed) }
  const isReachKept = JSON.stringify(reachOf(typed)) === JSON.stringify(reachOf(connectionOf(source)))
  return api.call('updateSource', {
    params: { id: source.id },
    body: { ...body, ...(isReachKept ? {} : { settings }) },
  })
}

function reachOf({
  proxyUrl,
  caPem,
  tlsPin,
}: Connection): Pick<SourceSettings, 'proxy_url' | 'ca_pem' | 'tls_pin_sha256'> {
  return {
    ...(proxyUrl.trim() === '' ? {} : { proxy_url: proxyUrl.trim() }),
    ...(caPem.trim() === '' ? {} : { ca_pem: caPem.trim() }),
    ...(tlsPin.trim() === '' ? {} : { tls_pin_sha256: tlsPin.trim() }),
  }
}

function hasReach(typed: Connection): boolean {
  return [typed.proxyUrl, typed.caPem, typed.tlsPin].some(text => text.trim() !== '')
}

function originOf(url: string): string {
  return URL.canParse(url.trim()) ? new URL(url.trim()).origin : url
}
