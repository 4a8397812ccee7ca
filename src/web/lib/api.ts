import { createClient } from '../../client/index.ts'

/** The API of the server that served this page. */
export const api = createClient({ baseUrl: '' })
