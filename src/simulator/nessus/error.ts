import { type Answer, json, Refusal } from '../answer.ts'

/** Everything that the scanner refuses is in these words. */
export function nessusError(status: number, error: string): Answer {
  return json({ error }, status)
}

export function refused(status: number, error: string): Refusal {
  return new Refusal(nessusError(status, error))
}

export const notFound = () => refused(404, 'The requested file was not found.')
export const invalidCredentials = () => refused(401, 'Invalid Credentials')
export const noApi = 'API is not available'
