import dns, { type LookupAddress } from 'node:dns'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { LookupFunction } from 'node:net'

// The tests' own DNS: one name, which is this machine unless a file says that it cannot be found.

export const tenantName = 'tenant.test'

type Answer = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void

/**
 * Looks the name up by a file in this thread: when it is there the name is not found, and each time takes away one of its
 * dots; without any it is found again. Answers how to stop that.
 */
export function resolveByFile(file: string): () => void {
  const usual = dns.lookup
  const lookup = (name: string, options: { readonly all?: boolean }, answer: Answer) => {
    if (name !== tenantName) return (usual as LookupFunction)(name, options, answer)
    const found = { address: '127.0.0.1', family: 4 }
    if (isLost(file)) process.nextTick(answer, notFound(name))
    else if (options.all) process.nextTick(answer, null, [found])
    else process.nextTick(answer, null, found.address, found.family)
  }
  dns.lookup = lookup as typeof dns.lookup
  return () => {
    dns.lookup = usual
  }
}

function isLost(file: string): boolean {
  if (!existsSync(file)) return false
  const said = readFileSync(file, 'utf8')
  if (said === 'gone') return true
  if (said !== '') writeFileSync(file, said.slice(1))
  return said !== ''
}

function notFound(name: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' })
}
