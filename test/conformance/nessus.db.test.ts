import { nessus } from './subjects.ts'
import { conform } from './suite.ts'

conform('Nessus', () => nessus())
