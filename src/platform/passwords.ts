import { type Algorithm, hash, verify } from '@node-rs/argon2'
import { isCommonPassword } from './common-passwords.ts'
import { ConfigError } from './errors.ts'

export const shortestPassword = 12
/** Long enough for any sentence; what is longer would only keep us busy. */
export const longestPassword = 256

// OWASP's parameters for argon2id: 19 MiB, two passes, one lane. About 30 ms of one core.
const argon2id = 2 as Algorithm
const parameters = { algorithm: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/**
 * Length, and not one that everybody tries first. No rules of composition: they make passwords that are hard to remember
 * and no harder to guess.
 * @throws ConfigError `weak_password`
 */
export function checkPassword(password: string, userName: string): void {
  const length = [...password].length
  if (length < shortestPassword || length > longestPassword) {
    throw weak(`A password has ${shortestPassword} to ${longestPassword} characters; this one has ${length}.`)
  }
  const plain = plainOf(password)
  if (isCommonPassword(plain)) throw weak('This password is among those that are tried first. Choose another one.')
  if (new Set(plain).size < 4) throw weak('This password repeats the same few characters. Choose another one.')
  if (plain === plainOf(userName)) throw weak('The password must not be the user name. Choose another one.')
}

/** With its salt and parameters. */
export function hashPassword(password: string): Promise<string> {
  return hash(password.normalize('NFKC'), parameters)
}

/**
 * Takes as long for somebody who does not exist, or has no password.
 * @param passwordHash null when there is none
 */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  const isRight = await verify(passwordHash ?? nobodys, password.normalize('NFKC'))
  return isRight && passwordHash !== null
}

/** The hash of 32 random bytes that were thrown away, made with the same parameters. */
const nobodys = '$argon2id$v=19$m=19456,t=2,p=1$sZ09QmEXysNPWnSxEIvngg$VH741m2ZCl6qcCubbVKPDy56dKTvaIqDiVQqfaeGQpE'

function plainOf(password: string): string {
  return password.normalize('NFKC').toLowerCase()
}

function weak(message: string): ConfigError {
  return new ConfigError('weak_password', message, { context: { field: 'password' } })
}
