import { ActionIcon, CopyButton, Tooltip } from '@mantine/core'
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react'
import { useRemembered } from '../lib/remembered.ts'
import { useShortcuts } from '../lib/shortcuts.ts'
import styles from './details-panel.module.css'
import { Icon } from './icons.tsx'

interface DetailsPanelProps {
  /** What the panel shows; another one moves the keyboard to its title. */
  readonly subject: string
  readonly title: ReactNode
  readonly onClose: () => void
  readonly children: ReactNode
}

/**
 * One record beside its list, with an address of its own. The list stays where it is and can still be walked; on a
 * phone the panel covers it, and PageFrame takes the list away from the keyboard.
 */
export function DetailsPanel({ subject, title, onClose, children }: DetailsPanelProps) {
  const panel = useRef<HTMLElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const titleId = useId()
  const [size, setSize] = useRemembered('details', ['beside', 'wide'], 'beside')
  useShortcuts({ escape: onClose })

  // biome-ignore lint/correctness/useExhaustiveDependencies: another subject is a new page to whoever reads it
  useLayoutEffect(() => {
    heading.current?.focus({ preventScroll: true })
    panel.current?.scrollTo({ top: 0 })
  }, [subject])

  return (
    <aside ref={panel} className={styles.panel} data-size={size} aria-labelledby={titleId}>
      <header className={styles.header}>
        <h2
          ref={heading}
          id={titleId}
          tabIndex={-1}
          className={styles.title}
          onKeyDown={event => {
            if (event.key === 'Enter') setSize('wide')
          }}
        >
          {title}
        </h2>
        <div className={styles.buttons}>
          <CopyButton value={window.location.href} timeout={1_500}>
            {({ copied, copy }) => (
              <Tooltip label={copied ? 'Copied' : 'Copy the address of this view'}>
                <ActionIcon variant="subtle" color="gray" aria-label="Copy the address of this view" onClick={copy}>
                  <Icon name={copied ? 'check' : 'copy'} />
                </ActionIcon>
              </Tooltip>
            )}
          </CopyButton>
          <ActionIcon
            variant="subtle"
            color="gray"
            visibleFrom="md"
            aria-label={size === 'wide' ? 'Beside the list' : 'Whole page'}
            onClick={() => setSize(size === 'wide' ? 'beside' : 'wide')}
          >
            <Icon name={size === 'wide' ? 'shrink' : 'expand'} />
          </ActionIcon>
          <ActionIcon variant="subtle" color="gray" aria-label="Close details" onClick={onClose}>
            <Icon name="close" />
          </ActionIcon>
        </div>
      </header>
      <div className={styles.body}>{children}</div>
    </aside>
  )
}

interface SectionProps {
  readonly title: string
  readonly aside?: ReactNode
  readonly children: ReactNode
}

export function Section({ title, aside, children }: SectionProps) {
  const id = useId()
  return (
    <section aria-labelledby={id} className={styles.section}>
      <div className={styles.sectionHead}>
        <h3 id={id}>{title}</h3>
        {aside}
      </div>
      {children}
    </section>
  )
}

/** A section that is read now and then. */
export function Folded({ title, children }: { title: string; children: ReactNode }) {
  return (
    <details className={styles.folded}>
      <summary>{title}</summary>
      <div>{children}</div>
    </details>
  )
}
