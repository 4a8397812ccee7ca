import type { Placed } from './page.ts'

/** The call as one can paste it into a shell, with `$TOKEN` for the token. */
export function curlOf({ method, path, operation }: Placed, origin: string): string {
  const { parameters = [], requestBody, security = [] } = operation
  const address = path.replace(/\{([a-z_]+)\}/g, (_whole, name: string) => {
    const example = parameters.find(one => one.in === 'path' && one.name === name)?.example
    return encodeURIComponent(String(example ?? name))
  })
  const needed = parameters.filter(one => one.in === 'query' && one.required)
  const query = new URLSearchParams(needed.map(one => [one.name, String(one.example)])).toString()
  const [type, media] = Object.entries(requestBody?.content ?? {})[0] ?? []
  const isSafe = method === 'get'
  const takesKey = parameters.some(one => one.name === 'Idempotency-Key')
  return [
    `curl ${isSafe ? '' : `-X ${method.toUpperCase()} `}${quoted(`${origin}${address}${query === '' ? '' : `?${query}`}`)}`,
    ...(security.some(one => 'token' in one) ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...(takesKey ? ['-H "Idempotency-Key: $(uuidgen)"'] : []),
    ...(type === undefined ? [] : [`-H ${quoted(`Content-Type: ${type}`)}`]),
    ...(type === undefined
      ? []
      : [media?.example === undefined ? '--data-binary @file' : `-d ${quoted(JSON.stringify(media.example))}`]),
  ].join(' \\\n  ')
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
