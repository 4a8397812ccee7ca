import { Button, Menu } from '@mantine/core'
import styles from './list-tools.module.css'

/** What can be done with a row. */
export interface RowAct {
  readonly label: string
  /** With the row in it, for those who hear the button alone: "Revoke weekly report". */
  readonly name: string
  readonly isBusy?: boolean
  readonly onAct: () => void
}

interface RowActsProps {
  readonly acts: readonly RowAct[]
}

/** In the row that is open. */
export function RowActs({ acts }: RowActsProps) {
  if (acts.length === 0) return null
  return (
    <div className={styles.rowActs}>
      {acts.map(({ label, name, isBusy = false, onAct }) => (
        <Button key={name} variant="default" aria-label={name} loading={isBusy} onClick={onAct}>
          {label}
        </Button>
      ))}
    </div>
  )
}

/** In the row's menu. */
export function RowActItems({ acts }: RowActsProps) {
  return acts.map(({ label, name, onAct }) => (
    <Menu.Item key={name} aria-label={name} onClick={onAct}>
      {label}
    </Menu.Item>
  ))
}
