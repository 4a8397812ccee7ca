import { vulnerabilityManagement } from './subjects.ts'
import { conform } from './suite.ts'

conform('Vulnerability Management', () => vulnerabilityManagement())
