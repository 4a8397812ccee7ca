import type { ReactNode } from 'react'

interface EmptyProps {
  readonly title: string
  readonly children?: ReactNode
  readonly action?: ReactNode
}

/** Nothing to show, why, and what to do about it. */
export function Empty({ title, children, action }: EmptyProps) {
  return (
    <div style={{ padding: '48px 16px', textAlign: 'center' }} role="status">
      <div style={{ fontWeight: 600, marginBottom: 4 }}>{title}</div>
      {children !== undefined && <div className="dim">{children}</div>}
      {action !== undefined && <div style={{ marginTop: 14 }}>{action}</div>}
    </div>
  )
}
