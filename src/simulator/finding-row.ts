import type { Asset } from './asset.ts'
import type { Plugin, Severity } from './plugin-catalogue.ts'
import { type PortChoice, portChoices } from './plugin-vocabulary.ts'

export type FindingState = 'OPEN' | 'REOPENED' | 'FIXED'

export type Modification = 'NONE' | 'RECASTED' | 'ACCEPTED'

/** The part of a finding that has a life. Instants in milliseconds, 0 is unset. */
export interface FindingLife {
  state: FindingState
  severity: Severity
  modification: Modification
  firstFound: number
  /** 0: seen by the asset's latest scan. */
  lastFound: number
  lastFixed: number
  resurfacedAt: number
  /** When this row last changed in the index; the asset's own indexing may be later. */
  indexedAt: number
  /** Start of the scan that saw it last; 0: the asset's latest. */
  runStartedAt: number
  isRemoved: boolean
}

/** One finding as exports tell it now. Reused while iterating: copy what must outlive the step. */
export interface FindingRow extends FindingLife {
  asset: Asset
  slot: number
  hash: number
  plugin: Plugin
  port: PortChoice
}

export function newRow(asset: Asset, plugin: Plugin): FindingRow {
  return {
    state: 'OPEN',
    severity: 0,
    modification: 'NONE',
    firstFound: 0,
    lastFound: 0,
    lastFixed: 0,
    resurfacedAt: 0,
    indexedAt: 0,
    runStartedAt: 0,
    isRemoved: false,
    asset,
    slot: 0,
    hash: 0,
    plugin,
    port: portChoices.host[0]!,
  }
}

export function lifeOf(row: FindingRow): FindingLife {
  const {
    state,
    severity,
    modification,
    firstFound,
    lastFound,
    lastFixed,
    resurfacedAt,
    indexedAt,
    runStartedAt,
    isRemoved,
  } = row
  return {
    state,
    severity,
    modification,
    firstFound,
    lastFound,
    lastFixed,
    resurfacedAt,
    indexedAt,
    runStartedAt,
    isRemoved,
  }
}
