import { X509Certificate } from 'node:crypto'
import type { JsonObject } from '../domain/json.ts'
import { ConfigError, messageOf } from '../platform/errors.ts'

// How a source is reached: through which proxy, and whose certificates are believed.

/**
 * Refuses a proxy or certificates that no call could use.
 * @throws ConfigError `bad_proxy_url`, `bad_ca`
 */
export function checkReach({ proxy_url: proxyUrl, ca_pem: caPem }: JsonObject): void {
  if (typeof proxyUrl === 'string') checkProxy(proxyUrl)
  if (typeof caPem === 'string') checkCertificates(caPem)
}

/** Whether calls would go another way, or be read by somebody else, than when the keys were entered. */
export function reachesOtherwise(before: JsonObject, after: JsonObject): boolean {
  return (['proxy_url', 'ca_pem'] as const).some(key => after[key] !== undefined && after[key] !== before[key])
}

function checkProxy(text: string): void {
  const refuse = (why: string) =>
    new ConfigError('bad_proxy_url', `The proxy ${why} Give one such as http://proxy.example.com:3128.`, {
      context: { field: 'settings.proxy_url' },
    })
  if (!URL.canParse(text)) throw refuse('is not a URL.')
  const url = new URL(text)
  if (!/^https?:$/.test(url.protocol)) throw refuse('must begin with http:// or https://.')
  if (url.username !== '' || url.password !== '') {
    throw refuse('must not hold a user name or password: settings are shown. TENABLE_PROXY_URL may.')
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') throw refuse('must not have a path.')
}

const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

function checkCertificates(pem: string): void {
  const refuse = (why: string, cause?: unknown) =>
    new ConfigError(
      'bad_ca',
      `The certificates cannot be used: ${why}. Paste them as they are in the .pem or .crt file.`,
      {
        context: { field: 'settings.ca_pem' },
        cause,
      },
    )
  if (/PRIVATE KEY-----/.test(pem)) throw refuse('there is a private key among them, which must stay where it is')
  const found = pem.match(certificate) ?? []
  if (found.length === 0) throw refuse('there is no -----BEGIN CERTIFICATE----- block')
  for (const [index, one] of found.entries()) {
    try {
      new X509Certificate(one)
    } catch (cause) {
      throw refuse(`number ${index + 1} is damaged (${messageOf(cause)})`, cause)
    }
  }
}
