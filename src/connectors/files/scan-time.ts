import { readInstant } from '../formats/instants.ts'

/** The plugin that tells about the scan itself. */
const scanInformation = 19506

/** When the scan ended, as that plugin's output has it: `Scan Start Date : 2023/6/8 1:07 UTC`, `Scan duration : 774 sec`. */
export function scanTimeOf(pluginId: number, output: string | null, zoneOffsetMinutes: number): string | null {
  if (pluginId !== scanInformation || output === null) return null
  const start = /Scan Start Date\s*:\s*([^\r\n(]+)/i.exec(output)?.[1]
  if (start === undefined) return null
  const habits = { dayFirst: false, zoneOffsetMinutes }
  // Windows names its zones in words of its own.
  const from = readInstant(start, habits) ?? readInstant(start.replace(/[A-Za-z ]+$/, ''), habits)
  if (from === undefined) return null
  const seconds = Number(/Scan duration\s*:\s*(\d+)/i.exec(output)?.[1] ?? 0)
  return new Date(Date.parse(from) + seconds * 1000).toISOString()
}
