/**
 * How we name ourselves to a vendor, in the form Tenable asks of integrations: it lets their support find our calls.
 * @param version ours, as in package.json
 */
export function integrationUserAgent(version: string): string {
  return `Integration/1.0 (Tenfold; Tenfold; Build/${version})`
}
