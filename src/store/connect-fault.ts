import { ConfigError, codeOf, messageOf, StoreError } from '../platform/errors.ts'

const away = new Set([
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNRESET',
  'ENOENT',
  '57P03',
  '53300',
])
const refused = new Set(['ENOTFOUND', 'EAI_AGAIN', '28P01', '28000', '3D000'])

/**
 * What the first use of a database threw, as a person can act on it: the server is away, or the address is wrong.
 * Anything else is answered as it is.
 * @param connectionString carries a password, which stays out of the message
 */
export function connectFault(thrown: unknown, connectionString: string): unknown {
  const code = codeOf(thrown)
  const options = { cause: thrown, context: { code } }
  const place = placeOf(connectionString)
  if (refused.has(code)) {
    return new ConfigError(
      'database_refused',
      `The database ${place} cannot be used: ${messageOf(thrown)}. Check host, user, password and name in DATABASE_URL.`,
      options,
    )
  }
  if (away.has(code) || /timeout|terminated/i.test(messageOf(thrown))) {
    return new StoreError(
      'database_unreachable',
      `The database ${place} does not answer (${code === 'unexpected' ? messageOf(thrown) : code}). Start its server, or check DATABASE_URL.`,
      options,
    )
  }
  return thrown
}

function placeOf(connectionString: string): string {
  try {
    const url = new URL(connectionString)
    return `${url.pathname.slice(1) || 'of the user'} at ${url.host}`
  } catch {
    return 'that DATABASE_URL names'
  }
}
