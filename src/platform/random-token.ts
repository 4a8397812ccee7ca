import { createHash, randomBytes } from 'node:crypto'

/** 256 bits that nobody guesses, as text for a cookie, a header or a link. */
export function newToken(bytes = 32): string {
  return randomBytes(bytes).toString('base64url')
}

/** What is kept of a token. It is too long to be guessed, so that no salt and no slow hash are needed. */
export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
