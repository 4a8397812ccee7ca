export { classify } from './classify.ts'
export { type CountFacts, type CountPicture, classifyCount } from './counts.ts'
export { causeNames, explain } from './explain.ts'
export {
  type Candidate,
  type DifferenceCause,
  type DifferenceKind,
  type DifferenceLevel,
  differenceCauses,
  differenceKinds,
  differenceLevels,
  type Explained,
  type FindingFacts,
  type MachineFacts,
  openCauses,
  type Picture,
  type RejectedFact,
  type Side,
  type Witness,
  windowDays,
} from './facts.ts'
export { type CauseCounts, isOpenCause, machineCause } from './machine.ts'
