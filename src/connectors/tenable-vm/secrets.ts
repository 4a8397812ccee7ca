import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'

// Scanners come with the key that links new ones, and licences with their codes. None of that is ours to keep.

const secretName =
  /(^|_)(key|keys|secret|secrets|token|password|passwd|credentials?|(activation|registration|linking)_code)$/i

/** The object without the members whose names say that they are secret, at any depth. */
export function withoutSecrets(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object)
      .filter(([name]) => !secretName.test(name.replace(/([a-z])([A-Z])/g, '$1_$2')))
      .map(([name, value]) => [name, stripped(value)]),
  )
}

function stripped(value: Json | undefined): Json {
  if (value === undefined) return null
  if (isJsonObject(value)) return withoutSecrets(value)
  return Array.isArray(value) ? (value as readonly Json[]).map(stripped) : value
}

const secretMember =
  /("(?:[^"\\]|\\.)*?(?:key|secret|token|password|passwd|credentials?|_code)s?"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[^,}\]\s]+)/gi
/** A linking key has 64 digits; the vendor's ids are broken by dashes. */
const longKey = /[0-9a-f]{48,}/gi

/** A record that could not be read, fit to be kept: it is no JSON, so the secrets are found in its text. */
export function redacted(text: string): string {
  return text.replace(secretMember, '$1"***"').replace(longKey, '***')
}
