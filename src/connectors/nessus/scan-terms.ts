import type { ScanTerms } from '../../domain/scan-coverage.ts'
import type { XmlPolicy } from '../formats/nessus-xml.ts'

/** The plugin that tells how a machine was scanned; it is the last to run, so that its output says that the scan came to its end. */
export const scanInformationId = 19506

/** Lines of its output that make a scan see more or less. */
const closeness = [
  'Thorough tests',
  'Experimental tests',
  'Paranoia level',
  'Safe checks',
  'CGI scanning',
  'Web application tests',
  'Scan for malware',
]

/**
 * How a machine was scanned.
 * @param information the output of plugin 19506; null when the machine was not scanned to its end
 * @param isCredentialed as the machine's properties have it
 */
export function termsOf(information: string | null, policy: XmlPolicy | undefined, isCredentialed: boolean): ScanTerms {
  const lines = linesOf(information ?? '')
  const settings = closeness.flatMap(name => {
    const value = lines.get(name.toLowerCase())
    return value === undefined ? [] : [`${name}: ${value}`]
  })
  return {
    isCredentialed: isCredentialed || /^yes\b/i.test(lines.get('credentialed checks') ?? ''),
    ports: portsOf(lines.get('port range') ?? policy?.preferences.get('port_range')),
    policy: lines.get('scan policy used') ?? policy?.name ?? null,
    settings: information === null ? null : settings.join(', '),
  }
}

function linesOf(output: string): ReadonlyMap<string, string> {
  return new Map(
    output.split('\n').flatMap(line => {
      const [, name, value] = /^\s*([A-Za-z][^:]*?)\s*:\s*(.*?)\s*$/.exec(line) ?? []
      return name && value ? [[name.toLowerCase(), value.slice(0, 200)] as const] : []
    }),
  )
}

/** In one spelling; a long list is cut, and equal to no other then. */
function portsOf(text: string | undefined): string | null {
  const ports = text?.replace(/\s+/g, '').toLowerCase() ?? ''
  return ports === '' || ports.length > 2_000 ? null : ports
}
