import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core'
import { Icon } from '../components/icons.tsx'

const choices = [
  { value: 'light', label: 'Light', icon: 'sun' },
  { value: 'dark', label: 'Dark', icon: 'moon' },
  { value: 'auto', label: 'As the system', icon: 'auto' },
] as const

export function ThemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const chosen = choices.find(choice => choice.value === colorScheme) ?? choices[2]
  return (
    <Menu position="bottom-end" width={170} transitionProps={{ duration: 100 }}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Theme: ${chosen.label.toLowerCase()}`}>
          <Icon name={chosen.icon} size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map(choice => (
          <Menu.Item
            key={choice.value}
            leftSection={<Icon name={choice.icon} />}
            rightSection={choice.value === colorScheme && <Icon name="check" size={14} />}
            aria-current={choice.value === colorScheme || undefined}
            onClick={() => setColorScheme(choice.value)}
          >
            {choice.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
