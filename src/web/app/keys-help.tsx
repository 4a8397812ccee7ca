import { Kbd, Modal, Switch } from '@mantine/core'
import { useRemembered } from '../lib/remembered.ts'
import { type AppPage, pages } from './pages.ts'
import styles from './shell.module.css'

interface Keys {
  readonly keys: readonly string[]
  readonly does: string
}

const places: readonly AppPage[] = pages

const groups: readonly { readonly title: string; readonly keys: readonly Keys[] }[] = [
  {
    title: 'Everywhere',
    keys: [
      { keys: ['Ctrl K', '⌘ K'], does: 'Jump to an asset, a plugin, a CVE, a page, or do something' },
      { keys: ['/'], does: 'Go to the search' },
      { keys: ['Esc'], does: 'Close the details; then take away the last filter' },
      ...places.flatMap(({ key, label }) => (key === undefined ? [] : [{ keys: ['g', key], does: label }])),
      { keys: ['?'], does: 'This help' },
    ],
  },
  {
    title: 'In a list',
    keys: [
      { keys: ['j', 'k'], does: 'Next and previous row' },
      { keys: ['Enter'], does: 'Open the row; again: the whole page' },
      { keys: ['o'], does: 'Open the row in its place, where it has more to show' },
      { keys: ['x'], does: 'Choose the row, or not' },
      { keys: ['X'], does: 'Choose every row from there to here' },
      { keys: ['*'], does: 'Choose every row shown, or none' },
      { keys: ['←', '→'], does: 'Mark a cell of the row' },
      { keys: ['c'], does: 'Copy the chosen rows, the marked cell, or the row' },
      { keys: ['e'], does: 'Export' },
    ],
  },
]

export function KeysHelp({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const [letters, setLetters] = useRemembered('shortcuts', ['on', 'off'], 'on')
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title="Keyboard"
      size="md"
      closeButtonProps={{ 'aria-label': 'Close the help' }}
    >
      {groups.map(group => (
        <table key={group.title} className={styles.keys}>
          <caption>{group.title}</caption>
          <tbody>
            {group.keys.map(key => (
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
      ))}
      <Switch
        mt="md"
        size="xs"
        label="Single keys work"
        description="Switch off when you speak to your computer or hit keys by accident. Esc and Ctrl K always work."
        checked={letters === 'on'}
        onChange={event => setLetters(event.currentTarget.checked ? 'on' : 'off')}
      />
    </Modal>
  )
}
