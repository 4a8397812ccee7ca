import { type DirectoryList, directoryStreams } from '../../domain/directory.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { StreamName } from '../connector.ts'

/** How the vendor serves one of its small lists. */
export interface DirectorySpec {
  readonly list: DirectoryList
  /** Tried in turn: the next where one is not found. */
  readonly paths: readonly [string, ...string[]]
  /** The member of the answer that is the list. */
  readonly member: string
  /** Entries asked for at once; null: the answer is the whole list. */
  readonly pageSize: number | null
  /** The id of what stands in this list and is an entry of another. */
  readonly elsewhere?: (wire: JsonObject) => string | undefined
  /** Who may read it, for whom it is refused to. */
  readonly remedy: string
}

const manager = 'Give the user of the key the Scan Manager [40] role'
const basic = 'Give the user of the key at least the Basic [16] role.'

/** In the order in which they are read. */
const specs: readonly DirectorySpec[] = [
  {
    list: 'network',
    paths: ['/networks'],
    member: 'networks',
    // The largest that the vendor promises to take.
    pageSize: 50,
    remedy: `${manager}, or a custom role with VM.VM_SENSOR.NETWORK.READ.`,
  },
  {
    list: 'scanner',
    paths: ['/scanners'],
    member: 'scanners',
    pageSize: null,
    remedy: `${manager}, or a custom role with VM.VM_SENSOR.VM_SCANNER.READ.`,
  },
  {
    list: 'agent',
    // Agents hang on no scanner in the cloud; older versions want one named, and 1 is the cloud's own.
    paths: ['/scanners/null/agents', '/scanners/1/agents'],
    member: 'agents',
    pageSize: 5_000,
    remedy: `${manager}.`,
  },
  { list: 'tag_category', paths: ['/tags/categories'], member: 'categories', pageSize: 5_000, remedy: basic },
  {
    list: 'tag',
    paths: ['/tags/values'],
    member: 'values',
    pageSize: 5_000,
    elsewhere: categoryWithoutValue,
    remedy: basic,
  },
]

/** Between the values the vendor also lists categories that have none yet. */
function categoryWithoutValue({ uuid, value, category_uuid: category }: JsonObject): string | undefined {
  return uuid === undefined && value === undefined && typeof category === 'string' ? `category ${category}` : undefined
}

/** The lists that make up a stream; none for a stream that is read by exports. */
export function directoriesOf(stream: StreamName): readonly DirectorySpec[] {
  return specs.filter(({ list }) => directoryStreams[list] === stream)
}
