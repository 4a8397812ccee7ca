import { nessus, securityCenter, vulnerabilityManagement } from './subjects.ts'
import { conform } from './suite.ts'

// The same table over larger estates, several times over.

const rounds = Number(process.env.TENFOLD_CONFORMANCE_ROUNDS ?? 3)

conform('Vulnerability Management', () => vulnerabilityManagement(5), rounds)
conform('Security Center', () => securityCenter(5), rounds)
conform('Nessus', () => nessus(5), rounds)
