/** What a handler gives back; the server writes it. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: AnswerBody
}

export type AnswerBody =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'text'; readonly text: string; readonly type: string }
  /** A long document in pieces, written as it is made. */
  | { readonly kind: 'pieces'; readonly pieces: Iterable<Piece>; readonly type: string }
  | { readonly kind: 'nothing' }

/** Text, or bytes of UTF-8 that are at hand already. */
export type Piece = string | Uint8Array

/** One element of a JSON array, whole or in pieces. */
export type Element = string | readonly Piece[]

export function json(value: unknown, status = 200): Answer {
  return { status, body: { kind: 'json', value } }
}

export function pieces(parts: Iterable<Piece>, type: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, headers, body: { kind: 'pieces', pieces: parts, type } }
}

/** The elements of a JSON array, with their brackets and commas. */
export function* arrayPieces(elements: Iterable<Element>): Generator<Piece> {
  let before = '['
  for (const element of elements) {
    yield before
    if (typeof element === 'string') yield element
    else yield* element
    before = ','
  }
  yield before === '[' ? '[]' : ']'
}

/** The gateway's own refusals: statusCode, error, message. */
export function gatewayError(status: number, message?: string): Answer {
  const known = gatewayErrors[status] ?? { error: 'Error', message: 'Error' }
  return json({ statusCode: status, error: known.error, message: message ?? known.message }, status)
}

const gatewayErrors: Readonly<Record<number, { readonly error: string; readonly message: string }>> = {
  400: { error: 'Bad Request', message: 'Invalid request payload input' },
  401: { error: 'Unauthorized', message: 'Invalid credentials.' },
  403: { error: 'Forbidden', message: 'Forbidden' },
  404: { error: 'Not Found', message: 'Not Found' },
  415: { error: 'Unsupported Media Type', message: 'Unsupported Media Type' },
  500: {
    error: 'Internal Server Error',
    message: 'An internal server error occurred. Please wait a moment and try your request again.',
  },
  501: { error: 'Not Implemented', message: 'Not Implemented' },
  502: { error: 'Bad Gateway', message: 'Please wait a moment and try your request again.' },
  503: { error: 'Service Unavailable', message: 'Please wait a moment and try your request again.' },
  504: { error: 'Gateway Timeout', message: 'Please wait a moment and try your request again.' },
}

/** 429 as the gateway sends it: a page, never JSON. */
export function tooManyRequests(retryAfterSeconds: number): Answer {
  return {
    status: 429,
    headers: { 'retry-after': String(retryAfterSeconds) },
    body: { kind: 'text', text: htmlPage('429 Too Many Requests'), type: 'text/html' },
  }
}

export function htmlPage(title: string): string {
  const padding = '<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n'.repeat(6)
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n${padding}`
}

/** Refusals as handlers throw them. */
export class Refusal extends Error {
  readonly answer: Answer

  constructor(answer: Answer) {
    super(`refused with ${answer.status}`)
    this.answer = answer
  }
}

export function badRequest(message: string): Refusal {
  return new Refusal(gatewayError(400, message))
}
