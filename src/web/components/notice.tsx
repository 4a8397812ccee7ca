import type { ReactNode } from 'react'
import { Icon } from './icons.tsx'
import styles from './notice.module.css'

export type Tone = 'bad' | 'warn' | 'good' | 'info'

interface NoticeProps {
  readonly tone: Tone
  readonly title: ReactNode
  readonly children?: ReactNode
  readonly action?: ReactNode
}

const icons = { bad: 'refused', warn: 'alert', good: 'check', info: 'info' } as const

/** What, which, and what to do; spoken when it appears. */
export function Notice({ tone, title, children, action }: NoticeProps) {
  return (
    <div className={styles.notice} data-tone={tone} role={tone === 'bad' ? 'alert' : 'status'}>
      <div className={styles.said}>
        <span className={styles.icon}>
          <Icon name={icons[tone]} size={18} />
        </span>
        <div className={styles.words}>
          <div className={styles.title}>{title}</div>
          {children !== undefined && children !== null && <div>{children}</div>}
        </div>
      </div>
      {action !== undefined && action !== null && <div className={styles.action}>{action}</div>}
    </div>
  )
}
