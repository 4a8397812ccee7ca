import type { SourceLimits } from '../../../../contract/sources.ts'
import { bytes, count, counted } from '../../../lib/format.ts'

/** One limit: its range, which is the vendor's where it has one, and what a value leads to. */
export interface Limit {
  readonly key: keyof SourceLimits
  readonly label: string
  readonly unit: string
  readonly min: number
  readonly max: number
  readonly step: number
  readonly isSlider: boolean
  readonly meaning: (value: number) => string
}

// As the recorded exports are: 1.5 kB for an asset, 4.9 kB for a finding; fifty findings an asset is a common estate.
const assetBytes = 1_500
const findingBytesOfAsset = 50 * 4_900

export const limitFields: readonly Limit[] = [
  {
    key: 'asset_chunk_size',
    label: 'Assets in a chunk',
    unit: 'assets',
    min: 100,
    max: 10_000,
    step: 100,
    isSlider: true,
    meaning: value =>
      `About ${bytes(value * assetBytes)} a chunk, read again whole after a crash. Fewer, larger chunks are quicker; the vendor takes 100 to 10,000.`,
  },
  {
    key: 'vuln_chunk_size',
    label: 'Assets whose findings go into a chunk',
    unit: 'assets',
    min: 50,
    max: 5_000,
    step: 50,
    isSlider: true,
    meaning: value =>
      `About ${bytes(value * findingBytesOfAsset)} a chunk at fifty findings an asset. It is streamed, so memory stays the same; a larger chunk is more work to repeat. The vendor takes 50 to 5,000.`,
  },
  {
    key: 'max_concurrent_exports',
    label: 'Exports at once',
    unit: 'exports',
    min: 1,
    max: 10,
    step: 1,
    isSlider: true,
    meaning: value =>
      `Of the ten that a container allows everybody together, ${count(10 - value)} ${value === 9 ? 'is' : 'are'} left for other programs.`,
  },
  {
    key: 'export_timeout_minutes',
    label: 'Export without progress',
    unit: 'minutes',
    min: 1,
    max: 1_440,
    step: 1,
    isSlider: false,
    meaning: value => `An export that stands still for ${counted(value, 'minute')} is given up and asked for again.`,
  },
  {
    key: 'rate_limit_requests_per_minute',
    label: 'Requests',
    unit: 'a minute',
    min: 1,
    max: 1_000,
    step: 10,
    isSlider: false,
    meaning: value =>
      `At most ${count(value * 60)} an hour with this key, over all workers. Too many make Tenable refuse.`,
  },
  {
    key: 'rate_limit_burst',
    label: 'Requests at once',
    unit: 'after a quiet time',
    min: 1,
    max: 200,
    step: 1,
    isSlider: false,
    meaning: () => 'So many may start together when nothing was asked for a while.',
  },
  {
    key: 'retry_max_attempts',
    label: 'Attempts',
    unit: 'of one request',
    min: 1,
    max: 20,
    step: 1,
    isSlider: false,
    meaning: value =>
      value === 1 ? 'Nothing is tried again.' : `The first and ${counted(value - 1, 'more try', 'more tries')}.`,
  },
  {
    key: 'retry_delay_seconds',
    label: 'First wait before another try',
    unit: 'seconds',
    min: 0,
    max: 300,
    step: 0.5,
    isSlider: false,
    meaning: () => 'It doubles each time; when Tenable says how long to wait, that holds.',
  },
]
