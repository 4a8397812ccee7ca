import { securityCenter } from './subjects.ts'
import { conform } from './suite.ts'

conform('Security Center', () => securityCenter())
