import { Button, Group, Modal, Radio, Skeleton, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { DeviceDetail, DeviceView } from '../../../contract/devices.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useMergeDevice } from '../../lib/device-actions.ts'
import { foundDevicesQuery } from '../../lib/device-queries.ts'
import { counted } from '../../lib/format.ts'
import { visibleLine } from '../../lib/visible-text.ts'
import styles from './devices.module.css'

interface MergeDialogProps {
  readonly device: DeviceDetail
  readonly onClose: () => void
}

/** Says that two devices are one: the other is looked for and chosen. */
export function MergeDialog({ device, onClose }: MergeDialogProps) {
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState<DeviceView>()
  const [reason, setReason] = useState('')
  const navigate = useNavigate()
  const merge = useMergeDevice(act => {
    onClose()
    const id = act.deviceIds[0]
    if (id !== undefined && id !== device.id) {
      void navigate({ to: '/devices/$id', params: { id: String(id) }, search: true, replace: true })
    }
  })
  const confirm = (other: DeviceView) =>
    merge.mutate({
      id: device.id,
      other: other.id,
      reason: reason.trim() === '' ? null : reason,
      words: `${device.name} and ${other.name} are one device.`,
    })
  return (
    <Modal
      opened
      onClose={onClose}
      title="Merge with another device"
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className={styles.form}>
        <TextInput
          label="The other device"
          placeholder="Name, address or id of a record"
          value={text}
          onChange={event => setText(event.currentTarget.value)}
          data-autofocus
        />
        <Found text={text} except={device.id} chosen={chosen} onChoose={setChosen} />
        <TextInput
          label="Why (optional)"
          value={reason}
          maxLength={1000}
          onChange={event => setReason(event.currentTarget.value)}
        />
        {chosen !== undefined && (
          <p style={{ margin: 0 }}>
            All {counted(device.records + chosen.records, 'record')} become one device, whatever the evidence says. It
            can be undone.
          </p>
        )}
        {merge.error && <ProblemView error={merge.error} />}
      </div>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          disabled={chosen === undefined}
          loading={merge.isPending}
          onClick={() => chosen !== undefined && confirm(chosen)}
        >
          Merge
        </Button>
      </Group>
    </Modal>
  )
}

interface FoundProps {
  readonly text: string
  readonly except: number
  readonly chosen: DeviceView | undefined
  readonly onChoose: (device: DeviceView) => void
}

function Found({ text, except, chosen, onChoose }: FoundProps) {
  const [settled] = useDebouncedValue(text.trim(), 200)
  const query = useQuery({ ...foundDevicesQuery(settled), enabled: settled.length > 0 })
  if (settled === '') return <p className="dim">Type to look for it.</p>
  return (
    <QueryView
      query={query}
      skeleton={<Skeleton height={120} />}
      isEmpty={data => data.items.every(one => one.id === except)}
      empty={<p className="dim">No other device is found.</p>}
    >
      {data => (
        <Radio.Group
          label="Found"
          value={chosen === undefined ? '' : String(chosen.id)}
          onChange={value => {
            const found = data.items.find(one => String(one.id) === value)
            if (found !== undefined) onChoose(found)
          }}
        >
          <div className={styles.choices}>
            {data.items
              .filter(one => one.id !== except)
              .map(one => (
                <Radio
                  key={one.id}
                  value={String(one.id)}
                  label={<OutsideName text={one.name} />}
                  description={`${counted(one.records, 'record')}: ${visibleLine(one.sources.map(source => source.source).join(', '))}${one.address === null ? '' : `; ${visibleLine(one.address)}`}`}
                />
              ))}
          </div>
        </Radio.Group>
      )}
    </QueryView>
  )
}
