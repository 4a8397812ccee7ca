export { type Client, type ClientOptions, createClient, ProblemError } from './client.ts'
export { followSync, type SyncListener } from './events.ts'
