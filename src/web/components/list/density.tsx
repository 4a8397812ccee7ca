import { ActionIcon, Tooltip } from '@mantine/core'
import { useRemembered } from '../../lib/remembered.ts'
import { Icon } from '../icons.tsx'

const heights = { compact: 32, comfortable: 40 } as const

export function useDensity() {
  const [density, setDensity] = useRemembered('density', ['compact', 'comfortable'], 'compact')
  return { density, rowHeight: heights[density], setDensity }
}

export function DensitySwitch() {
  const { density, setDensity } = useDensity()
  const next = density === 'compact' ? 'comfortable' : 'compact'
  return (
    <Tooltip label={`Rows: ${density}. Change to ${next}`}>
      <ActionIcon
        variant="default"
        size="input-sm"
        aria-label={`Change to ${next} rows`}
        onClick={() => setDensity(next)}
        visibleFrom="sm"
      >
        <Icon name="rows" />
      </ActionIcon>
    </Tooltip>
  )
}
