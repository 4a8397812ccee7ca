import { Button, Group, Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import styles from './confirm.module.css'
import { ProblemView } from './problem-view.tsx'

interface ConfirmProps {
  readonly isOpen: boolean
  readonly title: string
  /** Exactly what will happen, with counts. */
  readonly children: ReactNode
  /** The act in words: `Stop 2 runs`, never `OK`. */
  readonly act: string
  readonly keep: string
  readonly isBusy: boolean
  readonly error: Error | null
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** Only before something that reaches outside or ends things. */
export function Confirm(props: ConfirmProps) {
  return (
    <Modal
      opened={props.isOpen}
      onClose={props.onClose}
      title={props.title}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className={styles.words}>{props.children}</div>
      {props.error && <ProblemView error={props.error} />}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={props.onClose} data-autofocus>
          {props.keep}
        </Button>
        <Button color="red" onClick={props.onConfirm} loading={props.isBusy}>
          {props.act}
        </Button>
      </Group>
    </Modal>
  )
}
