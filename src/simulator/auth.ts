import { gatewayError, Refusal } from './answer.ts'
import type { Keys } from './simulation.ts'

/**
 * Checks `X-ApiKeys: accessKey=…;secretKey=…`, with or without a space after the semicolon or another at the end.
 * Lower-case names are refused when the simulator is strict: no source shows the cloud taking them.
 */
export function authenticate(keys: Keys, header: string | readonly string[] | undefined): void {
  if (typeof header !== 'string') throw missing()
  const fields = new Map(
    header.split(';').map(part => {
      const [name = '', value = ''] = part.trim().split('=')
      return [keys.strict ? name : name.toLowerCase(), value] as const
    }),
  )
  const accessKey = fields.get(keys.strict ? 'accessKey' : 'accesskey')
  const secretKey = fields.get(keys.strict ? 'secretKey' : 'secretkey')
  if (!accessKey || !secretKey) throw missing()
  if (keys.isRevoked || accessKey !== keys.accessKey || secretKey !== keys.secretKey)
    throw new Refusal(gatewayError(401))
}

function missing(): Refusal {
  return new Refusal(gatewayError(401, 'Missing authentication'))
}
