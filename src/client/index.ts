// The typed client of the API, as `tenfold/client`.
export {
  type CallOptions,
  type Client,
  type ClientOptions,
  createClient,
  type ListOperationId,
  ProblemError,
  type Tagged,
} from './client.ts'
export { followSync, type SyncListener } from './events.ts'
