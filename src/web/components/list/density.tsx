import { ActionIcon, Tooltip } from '@mantine/core'
import { Icon } from '../icons.tsx'
import type { ListView } from './use-list-view.ts'

export function DensitySwitch({ view }: { readonly view: Pick<ListView<never>, 'density' | 'setDensity'> }) {
  const next = view.density === 'compact' ? 'comfortable' : 'compact'
  return (
    <Tooltip label={`Rows: ${view.density}. Change to ${next}`}>
      <ActionIcon
        variant="default"
        size="input-sm"
        aria-label={`Change to ${next} rows`}
        onClick={() => view.setDensity(next)}
        visibleFrom="sm"
      >
        <Icon name="rows" />
      </ActionIcon>
    </Tooltip>
  )
}
