/**
 * Which place of a web application a finding is about: the URL that the file names, else the first in its output. Without
 * it all findings of one check on one site would be one.
 */
export function instanceOf(named: string | null, output: string | null): string {
  const url = /https?:\/{0,2}[^\s'"<>|]+/i.exec(output ?? '')?.[0] ?? named ?? ''
  return url.slice(0, 600)
}
