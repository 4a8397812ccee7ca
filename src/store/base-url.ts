import { ConfigError } from '../platform/errors.ts'

export const defaultBaseUrl = 'https://cloud.tenable.com'

/**
 * https anywhere, http only to this machine: keys travel in a header of every request.
 * @returns the URL without a trailing slash
 * @throws ConfigError `bad_base_url`
 */
export function checkBaseUrl(text: string): string {
  const refuse = (why: string) =>
    new ConfigError('bad_base_url', `The base URL ${why} Give one such as ${defaultBaseUrl}.`, {
      context: { field: 'base_url' },
    })
  let url: URL
  try {
    url = new URL(text.trim())
  } catch {
    throw refuse('is not a URL.')
  }
  if (url.username !== '' || url.password !== '') throw refuse('must not hold a user name or password.')
  if (url.search !== '' || url.hash !== '') throw refuse('must not hold a query or a fragment.')
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw refuse(`starts with ${url.protocol}//; it must be https, or http to this machine only.`)
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
