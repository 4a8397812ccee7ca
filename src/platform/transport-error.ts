import { CancelledError, ConfigError, codeOf, type ErrorContext, messageOf, SourceError } from './errors.ts'

/** The stable codes of faults that happened below HTTP. */
export type TransportCode = 'unreachable' | 'tls_error' | 'timeout' | 'connection_lost'

/**
 * Turns what an HTTP client threw into a SourceError that says what, which and the remedy. An abort becomes a
 * CancelledError; errors of ours pass through.
 * @param target the address that was asked, without credentials
 */
export function transportError(
  thrown: unknown,
  target: string,
  signal: AbortSignal,
  context: ErrorContext = {},
): SourceError | CancelledError | ConfigError {
  if (thrown instanceof SourceError || thrown instanceof CancelledError || thrown instanceof ConfigError) return thrown
  if (signal.aborted) return new CancelledError('Cancelled.', { cause: thrown, context })
  const cause = deepest(thrown)
  // An address that may not be called, as the connection tells of it.
  if (cause instanceof ConfigError) return cause
  const { code, retry, text } = describe(systemCode(thrown), messageOf(cause), target)
  return new SourceError(code, retry, text, { cause: thrown, context: { ...context, system_code: systemCode(thrown) } })
}

interface Description {
  readonly code: TransportCode
  readonly retry: 'never' | 'later' | 'now'
  readonly text: string
}

function describe(code: string, message: string, target: string): Description {
  const host = hostOf(target)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_NODATA') {
    const text = `The name ${host} cannot be resolved (${code}). Check the base URL and this machine's DNS.`
    return { code: 'unreachable', retry: 'later', text }
  }
  if (code === 'ECONNREFUSED') {
    const text = `${host} refused the connection. Check the base URL and its port, and that nothing between blocks it.`
    return { code: 'unreachable', retry: 'later', text }
  }
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'EADDRNOTAVAIL') {
    const text = `There is no route to ${host} (${code}). Check the network, or set a proxy.`
    return { code: 'unreachable', retry: 'later', text }
  }
  if (/Proxy response|proxy/i.test(message) && !isTls(code)) {
    const text = `The proxy did not let us through to ${host}: ${message}. Check the proxy's address and credentials.`
    return { code: 'unreachable', retry: 'later', text }
  }
  if (code === 'CERT_NOT_PINNED') {
    const text = `${host} is not the server whose certificate was pinned: ${message}. If its certificate was renewed, pin the new one; otherwise somebody answers in its place.`
    return { code: 'tls_error', retry: 'never', text }
  }
  if (isTls(code)) {
    return { code: 'tls_error', retry: 'never', text: describeTls(code, host) }
  }
  if (code === 'ETIMEDOUT' || code === 'UND_ERR_CONNECT_TIMEOUT') {
    const text = `${host} did not accept a connection in time. Check the network, a firewall, or set a proxy.`
    return { code: 'timeout', retry: 'later', text }
  }
  if (code === 'UND_ERR_HEADERS_TIMEOUT') {
    return { code: 'timeout', retry: 'later', text: `${host} accepted the request but did not answer in time.` }
  }
  if (code === 'UND_ERR_BODY_TIMEOUT') {
    return { code: 'timeout', retry: 'now', text: `${host} stopped sending in the middle of an answer.` }
  }
  return { code: 'connection_lost', retry: 'now', text: `The connection to ${host} was lost: ${message} (${code}).` }
}

function describeTls(code: string, host: string): string {
  if (code === 'CERT_HAS_EXPIRED') {
    return (
      `The certificate of ${host} has expired (${code}): whoever runs that address must renew it. Check this machine's ` +
      'clock, too.'
    )
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    return (
      `The certificate shown by ${host} is for another name (${code}). Check the base URL, and that no proxy answers in ` +
      'its place.'
    )
  }
  if (untrusted.has(code)) {
    return (
      `The certificate of ${host} is signed by nobody that this machine trusts (${code}). If a proxy or a private CA ` +
      'signs it, name that CA in PEM form with TENABLE_CA_FILE; otherwise check the address.'
    )
  }
  return (
    `The TLS connection to ${host} was not trusted or could not be made (${code}). If a proxy or a private CA signs ` +
    "its certificate, name that CA in PEM form with TENABLE_CA_FILE; otherwise check the address and this machine's clock."
  )
}

function isTls(code: string): boolean {
  return tlsCodes.has(code) || /^(ERR_TLS|ERR_SSL|CERT_|UND_ERR_PRX_TLS)/.test(code)
}

const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
])

const tlsCodes = new Set([...untrusted, 'HOSTNAME_MISMATCH', 'INVALID_CA', 'EPROTO'])

function systemCode(thrown: unknown): string {
  const own = codeOf(thrown)
  const inner = codeOf(deepest(thrown))
  return inner === 'unexpected' ? own : inner
}

/** The error at the bottom of the causes; of an aggregate (one per address tried) the first. */
function deepest(thrown: unknown): unknown {
  let current = thrown
  for (let depth = 0; depth < 8; depth++) {
    if (current instanceof AggregateError && current.errors.length > 0) current = current.errors[0]
    else if (current instanceof Error && current.cause instanceof Error) current = current.cause
    else break
  }
  return current
}

function hostOf(target: string): string {
  try {
    return new URL(target).host
  } catch {
    return target
  }
}
