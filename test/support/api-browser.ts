import { request } from 'node:http'
import { type OperationId, pathOf, paths } from '../../src/contract/paths.ts'

// A browser as far as the API can tell, for tests: it keeps cookies, and repeats the CSRF token as our pages do.

export interface TestBrowser {
  readonly cookies: Map<string, string>
  call(operationId: OperationId, input?: BrowserInput): Promise<BrowserAnswer>
}

export interface BrowserInput {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** False: forgets to repeat it, as a page of another site must. */
  readonly withCsrf?: boolean
}

export interface BrowserAnswer {
  readonly status: number
  readonly headers: Headers
  readonly json: ReturnType<typeof JSON.parse>
  readonly text: string
}

export function openBrowser(url: string, cookies = new Map<string, string>()): TestBrowser {
  const csrf = () => [...cookies].find(([name]) => name.includes('csrf'))?.[1] ?? ''
  return {
    cookies,
    async call(operationId, input = {}) {
      const { method } = paths[operationId]
      const answer = await send(new URL(pathOf(operationId, input), url), method, {
        headers: {
          cookie: [...cookies].map(pair => pair.join('=')).join('; '),
          ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(method === 'GET' || input.withCsrf === false ? {} : { 'x-csrf-token': csrf() }),
          ...input.headers,
        },
        body: input.body === undefined ? undefined : JSON.stringify(input.body),
      })
      for (const line of answer.headers.getSetCookie()) keep(cookies, line)
      const isJson = answer.headers.get('content-type')?.includes('json') === true && answer.text !== ''
      return { ...answer, json: isJson ? JSON.parse(answer.text) : undefined }
    },
  }
}

/** Not `fetch`: it says by itself where a call comes from. */
function send(
  url: URL,
  method: string,
  { headers, body }: { readonly headers: Record<string, string>; readonly body: string | undefined },
): Promise<Omit<BrowserAnswer, 'json'>> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method, headers }, response => {
      const found = new Headers()
      for (let at = 0; at < response.rawHeaders.length; at += 2) {
        found.append(response.rawHeaders[at] ?? '', response.rawHeaders[at + 1] ?? '')
      }
      let text = ''
      response.setEncoding('utf8').on('data', chunk => {
        text += String(chunk)
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: found, text }))
    })
    call.on('error', reject)
    call.end(body)
  })
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';').map(part => part.trim())
  const [name = '', value = ''] = pair.split('=')
  if (attributes.includes('Max-Age=0')) cookies.delete(name)
  else cookies.set(name, value)
}
