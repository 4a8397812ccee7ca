export { type Correlation, correlate, type Decision, type Link, recordsAtMost } from './correlate.ts'
export {
  type EvidenceKind,
  evidenceKinds,
  type IdentifierKind,
  type IdentityFacts,
  type IdentityRecord,
  identityRecord,
} from './record.ts'
export { confidenceOf, type Evidence, weigh } from './weigh.ts'
