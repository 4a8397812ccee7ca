import type { Asset } from '../../domain/asset.ts'
import type { FileHost } from '../../domain/file-reading.ts'
import { addressesOf, distinct, fileHost, hostOfTarget, isAddress, macsOf } from '../formats/host-names.ts'
import { booleanOf, itemsOf, kept, linesOf } from '../formats/values.ts'
import type { CsvField, CsvLayout } from './csv-columns.ts'
import type { CsvRow } from './csv-row.ts'

const identifying: readonly CsvField[] = [
  ...(['host.id', 'host.agent', 'host.target', 'host.name', 'host.hostname', 'host.fqdn', 'host.netbios'] as const),
  ...(['host.ip', 'host.networkName'] as const),
]

// About 300 bytes each.
const remembered = 50_000

/** The machines of a file: those that rows have named, by what the rows say of them, and their native ids. */
export class CsvHosts {
  readonly #places: readonly number[]
  readonly #known = new Map<string, string>()
  #last: readonly string[] = []
  #lastId: string | undefined

  constructor(layout: CsvLayout) {
    this.#places = identifying.flatMap(field => layout.places.get(field) ?? [])
  }

  /**
   * @param onNew told of a machine before the first row that is about it
   * @returns its native id; undefined when nothing names it
   */
  of(row: CsvRow, onNew: (host: FileHost) => void): string | undefined {
    // Rows about one machine mostly stand together.
    if (this.#lastId === undefined || !this.#isAsLast(row.cells)) {
      this.#lastId = this.#find(row, onNew)
      this.#last = row.cells
    }
    return this.#lastId
  }

  #isAsLast(cells: readonly string[]): boolean {
    for (const place of this.#places) if (cells[place] !== this.#last[place]) return false
    return true
  }

  #find(row: CsvRow, onNew: (host: FileHost) => void): string | undefined {
    let key = ''
    for (const place of this.#places) key += `${row.cells[place] ?? ''}\u0001`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const host = readHost(row)
    if (!host) return undefined
    if (this.#known.size >= remembered) this.#known.clear()
    const nativeId = kept(host.nativeId)
    this.#known.set(kept(key), nativeId)
    onNew(host)
    return nativeId
  }
}

function readHost(row: CsvRow): FileHost | undefined {
  const target = hostOfTarget(row.text('host.target') ?? '')
  const names = distinct([row.text('host.name') ?? '', row.text('host.hostname') ?? '', target.name])
  const plain = names.filter(name => !isAddress(name))
  const fqdns = [...itemsOf(row.text('host.fqdn') ?? ''), ...plain.filter(name => name.includes('.'))]
  const domain = (row.text('host.netbios') ?? '').split('\\')
  const repository = row.text('host.networkName')
  return fileHost({
    uuid: row.text('host.id') ?? row.text('host.agent'),
    agentUuid: row.text('host.agent'),
    fqdns: fqdns.map(name => hostOfTarget(name).name),
    hostnames: plain.filter(name => !name.includes('.')),
    netbiosName: domain.at(-1) ?? null,
    ips: distinct([...addressesOf(addressCells(row)), ...names.filter(isAddress)]),
    macs: macsOf(row.text('host.mac')),
    operatingSystems: linesOf(row.text('host.os') ?? ''),
    systemTypes: itemsOf(row.text('host.type') ?? ''),
    networkId: row.text('host.networkId'),
    networkName: repository === 'Individual Scan' ? null : repository,
    isTracked: row.has('host.tracked') ? booleanOf(row.raw('host.tracked')) : null,
    tags: tagsOf(row),
    firstSeen: null,
    lastSeen: row.instant('host.end') ?? row.instant('finding.last'),
    lastAuthenticatedAt: row.instant('host.authenticated'),
    lastUnauthenticatedAt: row.instant('host.unauthenticated'),
    scanTarget: row.text('host.target'),
    target: row.text('host.target'),
    isWebApp: target.url !== null,
  })
}

/** The address shown first, and all others of the machine. */
function addressCells(row: CsvRow): string {
  return row.every('host.ip').join(' ')
}

function tagsOf(row: CsvRow): Asset['tags'] {
  const cell = row.text('host.tags')
  if (cell === null) return []
  try {
    const list: unknown = JSON.parse(cell)
    return Array.isArray(list) ? list.flatMap(tagOf) : []
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return itemsOf(cell).flatMap(tagOf)
  }
}

function tagOf(item: unknown): Asset['tags'] {
  if (typeof item === 'string') {
    const [key = '', ...value] = item.split(':')
    return [{ key: key.trim(), value: value.join(':').trim(), uuid: null, addedBy: null, addedAt: null }]
  }
  if (typeof item !== 'object' || item === null) return []
  const { key, category, category_name, value, id, uuid } = item as Record<string, unknown>
  const name = key ?? category ?? category_name
  if (typeof name !== 'string' || typeof value !== 'string') return []
  const known = uuid ?? id
  return [{ key: name, value, uuid: typeof known === 'string' ? known : null, addedBy: null, addedAt: null }]
}
