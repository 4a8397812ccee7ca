import { Skeleton } from '@mantine/core'

/** As high as the rows that will come. */
export function ListSkeleton({ rows = 14, rowHeight = 32 }: { rows?: number; rowHeight?: number }) {
  return (
    <div style={{ background: 'var(--panel)' }}>
      {Array.from({ length: rows + 1 }, (_, index) => index).map(index => (
        <div
          key={index}
          style={{
            display: 'flex',
            alignItems: 'center',
            gap: 16,
            height: index === 0 ? 34 : rowHeight,
            padding: '0 10px',
            borderBottom: '1px solid var(--line)',
          }}
        >
          <Skeleton height={10} width={70} />
          <Skeleton height={10} width={`${30 + ((index * 17) % 25)}%`} />
          <Skeleton height={10} width="14%" />
          <Skeleton height={10} width={60} ml="auto" />
        </div>
      ))}
    </div>
  )
}
