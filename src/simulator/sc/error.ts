import { type Answer, json, Refusal } from '../answer.ts'

/** Everything Security Center says is in this envelope. */
export function envelope(response: unknown, nowMs: number): Answer {
  return json(enveloped(response, nowMs))
}

export function enveloped(response: unknown, nowMs: number, code = 0, message = '') {
  return {
    type: 'regular',
    response,
    error_code: code,
    error_msg: message,
    warnings: [],
    timestamp: Math.floor(nowMs / 1000),
  }
}

/** Refused parameters and refused people come alike, as 403. */
export function scRefusal(code: number, message: string, status = 403): Refusal {
  return new Refusal(json(enveloped('', 0, code, message), status))
}

export const invalidToken = () => scRefusal(12, 'This request contains an invalid token.')
export const invalidParameters = (message: string) => scRefusal(146, message)
