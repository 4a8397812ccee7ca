import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Meddler, Passing } from './meddler.ts'
import { resolveByFile, tenantName } from './names.ts'
import { type FaultedTenant, openFaultedTenant } from './tenant.ts'

// The way to a tenant that is reached by its name and over TLS: its certificate and its name can fail.

export interface WayFault {
  readonly fault: 'expired' | 'elsewhere' | 'self-signed' | 'no-name'
  /** Before anything is asked, or when the first chunk of findings is. */
  readonly from: 'start' | 'chunk'
  /** The name is found again after so many times; left out, never. */
  readonly times?: number
}

export interface Way {
  strike(fault: WayFault): void
  mend(): void
}

const certificate = (name: string) => readFileSync(join(import.meta.dirname, '..', 'fixtures', 'tls', name))
const findingsChunk = /^\/vulns\/export\/[^/]+\/chunks\//

export async function openTenantBehindTls(): Promise<FaultedTenant> {
  const folder = mkdtempSync(join(tmpdir(), 'tenfold-names-'))
  const names = join(folder, 'names')
  const forget = resolveByFile(names)
  // The threads are given it with the environment of this process.
  process.env.TENFOLD_TEST_NAMES = names
  const tenant = await openFaultedTenant(
    // So little patience that a job which never ends is given up in a moment; it is counted in polls.
    { caPem: certificate('ca.crt').toString(), stuckAfterMinutes: 0.01 },
    { workerEntry: new URL('./names-worker.fixture.ts', import.meta.url) },
    {},
    { host: tenantName, key: certificate('localhost.key'), cert: certificate('tenant-trusted.crt') },
  )
  return {
    ...tenant,
    way: wayTo(tenant.meddler, names),
    async close() {
      await tenant.close()
      delete process.env.TENFOLD_TEST_NAMES
      forget()
      rmSync(folder, { recursive: true })
    },
  }
}

function wayTo(meddler: Meddler, names: string): Way {
  const strike = ({ fault, times }: WayFault) => {
    if (fault === 'no-name') {
      writeFileSync(names, times === undefined ? 'gone' : '.'.repeat(times))
      meddler.cut()
    } else meddler.present(certificate(`tenant-${fault}.crt`))
  }
  return {
    strike(fault) {
      if (fault.from === 'start') return strike(fault)
      let isStruck = false
      const instead = ({ path }: Passing) => {
        if (isStruck || !findingsChunk.test(path)) return false
        isStruck = true
        strike(fault)
        return true
      }
      meddler.meddle({ instead })
    },
    mend() {
      rmSync(names, { force: true })
      meddler.present(certificate('tenant-trusted.crt'))
    },
  }
}
