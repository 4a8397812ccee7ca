// What a mirror that read the tenant at certain instants can know of every day, folded from the tenant's own list of
// events. Plain TypeScript: it shares no code with the product.
//
// The vendor keeps of each finding its first sighting, its last fix and its last resurfacing, each with a date. So of
// several fixes between two readings the last keeps its date and the others are lost; and so for resurfacings. A change of
// severity or of a licence leaves no date: it is dated by the version of the row that shows it first. What vanishes
// without a word has gone by the reading that misses it.

export interface TenantEvent {
  readonly kind: string
  readonly at: string
  readonly happened_at: string
  readonly asset_uuid?: string
  readonly plugin_id?: number
  readonly port?: number
  readonly protocol?: string
  readonly state?: string
  readonly severity?: string
}

export interface StartingFinding {
  readonly asset_uuid: string
  readonly plugin_id: number
  readonly port: number
  readonly protocol: string
  readonly state: string
  readonly severity: string
  readonly first_found: string
  readonly last_fixed: string | null
  readonly resurfaced_date: string | null
  readonly indexed: string
}

export interface StartingAsset {
  readonly asset_uuid: string
  readonly status: 'live' | 'deleted' | 'terminated'
  readonly licensed: boolean
  readonly tracked: boolean
  readonly updated_at: string
  readonly deleted_at: string | null
  readonly terminated_at: string | null
}

export type State = 'open' | 'reopened' | 'fixed'

/** A claim of one reading: it holds from its date on, until a later reading claims otherwise. */
interface Claim<T> {
  readonly reading: number
  readonly from: number
  readonly value: T
}

interface Facts {
  state: State
  severity: string
  firstFound: number
  lastFixed: number
  resurfaced: number
  indexed: number
  isRemoved: boolean
}

interface Finding extends Facts {
  readonly asset: Asset
  told: Facts | undefined
  missed: number
  readonly states: Claim<State>[]
  readonly severities: Claim<string>[]
  readonly ends: Claim<boolean>[]
  /** Every state it truly was in, by when that happened. */
  readonly truth: { readonly from: number; readonly state: State }[]
  /** State changes that no reading has told yet. */
  untold: number
  isPartlyLost: boolean
}

type Standing = 'counted' | 'unlicensed' | 'untracked' | 'gone'

interface Asset {
  readonly uuid: string
  readonly isTracked: boolean
  isLicensed: boolean
  status: 'live' | 'deleted' | 'terminated' | 'departed'
  goneAt: number
  updated: number
  scanned: number
  told: { status: string; isLicensed: boolean; updated: number } | undefined
  readonly standings: Claim<Standing>[]
}

/** Findings of a day: `<standing> <state> <severity>` → how many. */
export type Cells = Readonly<Record<string, number>>

export interface Then {
  readonly state: State
  readonly severity: string
  readonly isEnded: boolean
  readonly standing: Standing
}

export class HistoryOracle {
  readonly #findings = new Map<string, Finding>()
  readonly #assets = new Map<string, Asset>()
  #readings = 0

  constructor(findings: Iterable<StartingFinding>, assets: Iterable<StartingAsset>) {
    for (const asset of assets) {
      this.#assets.set(asset.asset_uuid, {
        uuid: asset.asset_uuid,
        isTracked: asset.tracked,
        isLicensed: asset.licensed,
        status: asset.status,
        goneAt: time(asset.deleted_at ?? asset.terminated_at),
        updated: time(asset.updated_at),
        scanned: 0,
        told: undefined,
        standings: [],
      })
    }
    for (const finding of findings) {
      const made = this.#add(finding, time(finding.first_found), finding.severity)
      made.state = stateOf(finding.state)
      made.lastFixed = time(finding.last_fixed)
      made.resurfaced = time(finding.resurfaced_date)
      made.indexed = time(finding.indexed)
      made.untold = 0
      if (made.state === 'reopened') made.truth.push({ from: made.lastFixed, state: 'fixed' })
      if (made.state !== 'open') {
        made.truth.push({ from: made.state === 'fixed' ? made.lastFixed : made.resurfaced, state: made.state })
      }
    }
  }

  get readings(): number {
    return this.#readings
  }

  keys(): IterableIterator<string> {
    return this.#findings.keys()
  }

  /** What happened in the tenant; every event that can be read by the next reading, in order. */
  happen(events: Iterable<TenantEvent>): void {
    for (const event of events) {
      if (event.kind.startsWith('finding_')) this.#changeFinding(event)
      else if (event.kind.startsWith('asset_')) this.#changeAsset(event)
    }
  }

  /**
   * The mirror reads everything that changed.
   * @param isComplete everything there is: what is not met may have ended
   */
  read(at: string, isComplete: boolean): void {
    const reading = ++this.#readings
    const now = Date.parse(at)
    for (const asset of this.#assets.values()) this.#readAsset(asset, reading, now, isComplete)
    for (const finding of this.#findings.values()) {
      if (finding.asset.status === 'live' && !finding.isRemoved) readFinding(finding, reading, now)
      else if (isComplete) missFinding(finding, reading, now)
    }
  }

  /** As known after some readings; undefined when it was not there. */
  was(key: string, instant: number, readings = this.#readings): Then | undefined {
    const finding = this.#findings.get(key)!
    const state = latest(finding.states, instant, readings)
    const severity = latest(finding.severities, instant, readings)
    if (state === undefined || severity === undefined) return undefined
    const { standings } = finding.asset
    return {
      state,
      severity,
      isEnded: latest(finding.ends, instant, readings) ?? false,
      standing: latest(standings, instant, readings) ?? standings[0]!.value,
    }
  }

  totals(instant: number, readings = this.#readings): Cells {
    const cells: Record<string, number> = {}
    for (const key of this.#findings.keys()) {
      const then = this.was(key, instant, readings)
      if (!then) continue
      const cell = `${then.isEnded ? 'ended' : then.standing} ${then.state} ${then.severity}`
      cells[cell] = (cells[cell] ?? 0) + 1
    }
    return cells
  }

  /** What truly was, of findings of which no reading has missed a change. */
  truth(key: string, instant: number): State | undefined {
    const { truth, untold, isPartlyLost } = this.#findings.get(key)!
    if (isPartlyLost || untold > 0) return undefined
    return truth.filter(change => change.from <= instant).at(-1)?.state
  }

  #add(
    { asset_uuid, plugin_id, port, protocol }: Pick<StartingFinding, 'asset_uuid' | 'plugin_id' | 'port' | 'protocol'>,
    firstFound: number,
    severity: string,
  ): Finding {
    const asset = this.#assets.get(asset_uuid)
    if (!asset) throw new Error(`no asset ${asset_uuid}`)
    const finding: Finding = {
      asset,
      state: 'open',
      severity,
      firstFound,
      lastFixed: 0,
      resurfaced: 0,
      indexed: 0,
      isRemoved: false,
      told: undefined,
      missed: 0,
      states: [],
      severities: [],
      ends: [],
      truth: [{ from: firstFound, state: 'open' }],
      untold: 0,
      isPartlyLost: false,
    }
    this.#findings.set(keyOf(asset_uuid, plugin_id, port, protocol), finding)
    return finding
  }

  #changeFinding(event: TenantEvent): void {
    const { asset_uuid = '', plugin_id = 0, port = 0, protocol = '', severity = '' } = event
    const happened = time(event.happened_at)
    const known = this.#findings.get(keyOf(asset_uuid, plugin_id, port, protocol))
    const finding = known ?? this.#add({ asset_uuid, plugin_id, port, protocol }, happened, severity)
    finding.indexed = time(event.at)
    switch (event.kind) {
      case 'finding_fixed':
        finding.lastFixed = happened
        move(finding, 'fixed', happened)
        break
      case 'finding_resurfaced':
        finding.resurfaced = happened
        move(finding, 'reopened', happened)
        break
      case 'finding_removed':
        finding.isRemoved = true
        break
      case 'finding_restored':
        finding.isRemoved = false
        break
      default:
        finding.severity = severity
    }
  }

  #changeAsset(event: TenantEvent): void {
    const at = time(event.at)
    const uuid = event.asset_uuid ?? ''
    const asset = this.#assets.get(uuid) ?? this.#born(uuid, event)
    asset.updated = Math.max(asset.updated, at)
    switch (event.kind) {
      case 'asset_deleted':
      case 'asset_terminated':
        asset.status = event.kind === 'asset_deleted' ? 'deleted' : 'terminated'
        asset.goneAt = at
        break
      case 'asset_aged_out':
      case 'asset_superseded':
      case 'asset_emptied':
        asset.status = 'departed'
        break
      case 'asset_restored':
        asset.status = 'live'
        asset.goneAt = 0
        break
      case 'asset_unlicensed':
        asset.isLicensed = false
        break
      case 'asset_scanned':
        asset.scanned = at
        break
    }
  }

  readonly #untracked = new Set<string>()
  readonly #unlicensed = new Set<string>()

  /** What the list of events does not say of an asset that it creates. */
  describe(uuid: string, facts: { readonly isTracked: boolean; readonly isLicensed: boolean }): void {
    if (!facts.isTracked) this.#untracked.add(uuid)
    if (!facts.isLicensed) this.#unlicensed.add(uuid)
  }

  isKnown(uuid: string): boolean {
    return this.#assets.has(uuid)
  }

  #born(uuid: string, event: TenantEvent): Asset {
    const asset: Asset = {
      uuid,
      isTracked: !this.#untracked.has(uuid),
      isLicensed: !this.#unlicensed.has(uuid),
      status: 'live',
      goneAt: 0,
      updated: time(event.at),
      scanned: time(event.at),
      told: undefined,
      standings: [],
    }
    this.#assets.set(uuid, asset)
    return asset
  }

  #readAsset(asset: Asset, reading: number, now: number, isComplete: boolean): void {
    const { told } = asset
    if (!asset.isTracked) {
      // Only findings name it, and they say nothing of a licence.
      if (!told) asset.standings.push({ reading, from: Number.NEGATIVE_INFINITY, value: 'untracked' })
      asset.told = { status: 'live', isLicensed: true, updated: 0 }
      return
    }
    if (asset.status === 'departed' && (!isComplete || !told || told.status !== 'live')) return
    const value = asset.status === 'live' ? (asset.isLicensed ? 'counted' : 'unlicensed') : 'gone'
    if (!told) {
      const whileLive = asset.isLicensed ? 'counted' : 'unlicensed'
      if (asset.status === 'departed') return
      asset.standings.push({ reading, from: Number.NEGATIVE_INFINITY, value: whileLive })
      if (value === 'gone') asset.standings.push({ reading, from: asset.goneAt, value })
    } else if (told.status !== asset.status || told.isLicensed !== asset.isLicensed) {
      const byVersion = told.status === 'departed' || asset.updated <= told.updated ? now : asset.updated
      const from = asset.status === 'departed' ? now : asset.status === 'live' ? byVersion : asset.goneAt
      asset.standings.push({ reading, from, value })
    }
    asset.told = { status: asset.status, isLicensed: asset.isLicensed, updated: asset.updated }
  }
}

function readFinding(finding: Finding, reading: number, now: number): void {
  const { told, asset, states, severities } = finding
  const indexed = finding.state === 'fixed' ? finding.indexed : Math.max(finding.indexed, asset.scanned)
  if (!told) {
    states.push({ reading, from: finding.firstFound, value: 'open' })
    severities.push({ reading, from: finding.firstFound, value: finding.severity })
  } else if (told.severity !== finding.severity) {
    severities.push({ reading, from: indexed > told.indexed ? indexed : now, value: finding.severity })
  }
  const dated: Claim<State>[] = []
  if (finding.lastFixed !== (told?.lastFixed ?? 0)) dated.push({ reading, from: finding.lastFixed, value: 'fixed' })
  if (finding.resurfaced !== (told?.resurfaced ?? 0)) {
    dated.push({ reading, from: finding.resurfaced, value: 'reopened' })
  }
  states.push(...dated.sort((a, b) => a.from - b.from))
  if (finding.ends.at(-1)?.value) finding.ends.push({ reading, from: now, value: false })
  // A fix and a resurfacing both keep their dates; of three changes one is lost.
  if (finding.untold > 2) finding.isPartlyLost = true
  finding.untold = 0
  finding.missed = 0
  const { state, severity, firstFound, lastFixed, resurfaced, isRemoved } = finding
  finding.told = { state, severity, firstFound, lastFixed, resurfaced, isRemoved, indexed }
}

/** Not in a complete reading: it goes with its asset; missing from a live one it is given one more chance. */
function missFinding(finding: Finding, reading: number, now: number): void {
  const { told, asset, ends } = finding
  if (!told || told.state === 'fixed' || ends.at(-1)?.value) return
  if (asset.status === 'live') {
    finding.missed++
    if (finding.missed < 2) return
  }
  const isDated = asset.status === 'deleted' || asset.status === 'terminated'
  ends.push({ reading, from: isDated ? asset.goneAt : now, value: true })
}

function move(finding: Finding, state: State, from: number): void {
  finding.state = state
  finding.truth.push({ from, state })
  finding.untold++
}

/** Of what was claimed up to a reading, the last claim for the instant. */
function latest<T>(claims: readonly Claim<T>[], instant: number, readings: number): T | undefined {
  return claims.findLast(claim => claim.reading <= readings && claim.from <= instant)?.value
}

export function keyOf(assetUuid: string, pluginId: number, port: number, protocol: string): string {
  return `${assetUuid} ${pluginId} ${port} ${protocol.toLowerCase()}`
}

function stateOf(text: string): State {
  return text.toLowerCase() as State
}

function time(iso: string | null): number {
  return iso === null ? 0 : Date.parse(iso)
}
