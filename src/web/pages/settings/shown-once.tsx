import { Button, CopyButton } from '@mantine/core'
import { Notice } from '../../components/notice.tsx'
import styles from './settings.module.css'

/** A secret at the only time that it can be seen. */
export function ShownOnce({ title, secret, children }: { title: string; secret: string; children: string }) {
  return (
    <Notice tone="good" title={title}>
      {children}
      <div className={styles.secret}>
        <span className="mono" style={{ flex: 1 }}>
          {secret}
        </span>
        <CopyButton value={secret} timeout={1_500}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </div>
    </Notice>
  )
}
