import { Kbd, Modal, Switch } from '@mantine/core'
import { useRemembered } from '../lib/remembered.ts'
import styles from './shell.module.css'

const keys = [
  { keys: ['/'], does: 'Go to the search' },
  { keys: ['j', 'k'], does: 'Next and previous row' },
  { keys: ['Enter'], does: 'Open the row' },
  { keys: ['Esc'], does: 'Close the details; then take away the last filter' },
  { keys: ['g', 'o'], does: 'Overview' },
  { keys: ['g', 'v'], does: 'Vulnerabilities' },
  { keys: ['g', 'a'], does: 'Assets' },
  { keys: ['g', 'c'], does: 'Scans' },
  { keys: ['g', 'p'], does: 'Compliance' },
  { keys: ['g', 'n'], does: 'Networks' },
  { keys: ['g', 's'], does: 'Sync' },
  { keys: ['?'], does: 'This help' },
] as const

export function KeysHelp({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const [letters, setLetters] = useRemembered('shortcuts', ['on', 'off'], 'on')
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title="Keyboard"
      size="sm"
      closeButtonProps={{ 'aria-label': 'Close the help' }}
    >
      <table className={styles.keys}>
        <tbody>
          {keys.map(key => (
            <tr key={key.does}>
              <th scope="row">
                {key.keys.map(name => (
                  <Kbd key={name} size="xs" mr={4}>
                    {name}
                  </Kbd>
                ))}
              </th>
              <td>{key.does}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Switch
        mt="md"
        size="xs"
        label="Single keys work"
        description="Switch off when you speak to your computer or hit keys by accident. Esc always works."
        checked={letters === 'on'}
        onChange={event => setLetters(event.currentTarget.checked ? 'on' : 'off')}
      />
    </Modal>
  )
}
