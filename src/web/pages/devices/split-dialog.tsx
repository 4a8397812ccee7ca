import { Button, Checkbox, Group, Modal, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { DeviceDetail } from '../../../contract/devices.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { useSplitDevice } from '../../lib/device-actions.ts'
import { counted } from '../../lib/format.ts'
import styles from './devices.module.css'

interface SplitDialogProps {
  readonly device: DeviceDetail
  readonly onClose: () => void
}

/** Says that some records are another device than the rest. */
export function SplitDialog({ device, onClose }: SplitDialogProps) {
  const [away, setAway] = useState<readonly number[]>([])
  const [reason, setReason] = useState('')
  const split = useSplitDevice(onClose)
  const rest = device.members.length - away.length
  const words = `${counted(away.length, 'record')} split off ${device.name}.`
  const confirm = () =>
    split.mutate({ id: device.id, assets: away, reason: reason.trim() === '' ? null : reason, words })
  const toggle = (id: number) =>
    setAway(away.includes(id) ? away.filter(one => one !== id) : [...away, id].sort((a, b) => a - b))
  return (
    <Modal opened onClose={onClose} title="Split records off" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}>
      <div className={styles.form}>
        <fieldset className={styles.choices}>
          <legend>Records that are another device</legend>
          {device.members.map(record => (
            <Checkbox
              key={record.asset_id}
              checked={away.includes(record.asset_id)}
              onChange={() => toggle(record.asset_id)}
              label={<OutsideName text={record.name} />}
              description={<OutsideName text={record.source} />}
            />
          ))}
        </fieldset>
        <TextInput
          label="Why (optional)"
          value={reason}
          maxLength={1000}
          onChange={event => setReason(event.currentTarget.value)}
        />
        <p style={{ margin: 0 }}>
          {away.length === 0
            ? 'Choose at least one.'
            : rest === 0
              ? 'Leave at least one record.'
              : `${counted(away.length, 'record')} on one side, ${counted(rest, 'record')} on the other: two devices, whatever the evidence says. It can be undone.`}
        </p>
        {split.error && <ProblemView error={split.error} />}
      </div>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button disabled={away.length === 0 || rest === 0} loading={split.isPending} onClick={confirm}>
          {away.length === 0 ? 'Split off' : `Split ${counted(away.length, 'record')} off`}
        </Button>
      </Group>
    </Modal>
  )
}
