import { createHash } from 'node:crypto'

/** Weak: compression changes the bytes and not what they say. */
export function entityTagOf(payload: string): string {
  return `W/"${createHash('sha1').update(payload).digest('base64url')}"`
}

/** Whether If-Match or If-None-Match names the tag. What is compared is what an answer says, so W/ makes no difference. */
export function namesTag(header: string, tag: string): boolean {
  const opaque = tag.replace(/^W\//, '')
  return header.split(',').some(one => {
    const named = one.trim()
    return named === '*' || named.replace(/^W\//, '') === opaque
  })
}
