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
      const response = await fetch(url + pathOf(operationId, input), {
        method,
        redirect: 'manual',
        headers: {
          cookie: [...cookies].map(pair => pair.join('=')).join('; '),
          ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(method === 'GET' || input.withCsrf === false ? {} : { 'x-csrf-token': csrf() }),
          ...input.headers,
        },
        ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
      })
      for (const line of response.headers.getSetCookie()) keep(cookies, line)
      const text = await response.text()
      const isJson = response.headers.get('content-type')?.includes('json') === true && text !== ''
      return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined }
    },
  }
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';').map(part => part.trim())
  const [name = '', value = ''] = pair.split('=')
  if (attributes.includes('Max-Age=0')) cookies.delete(name)
  else cookies.set(name, value)
}
