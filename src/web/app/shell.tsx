import { ActionIcon, AppShell, Burger, Kbd, Tooltip } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Outlet, useRouterState } from '@tanstack/react-router'
import { useEffect } from 'react'
import { Icon } from '../components/icons.tsx'
import { useShortcuts } from '../lib/shortcuts.ts'
import { Freshness } from './freshness.tsx'
import { KeysHelp } from './keys-help.tsx'
import { LiveAnnouncer } from './live-announcer.tsx'
import { Navigation } from './navigation.tsx'
import { type AppPage, pages } from './pages.ts'
import { Palette } from './palette.tsx'
import styles from './shell.module.css'
import { ThemeSwitch } from './theme-switch.tsx'
import { useGoTo } from './use-page-search.ts'
import { UserMenu } from './user-menu.tsx'

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** The frame around every page. */
export function Shell() {
  const [isMenuOpen, menu] = useDisclosure(false)
  const [isHelpOpen, help] = useDisclosure(false)
  const pathname = useRouterState({ select: state => state.location.pathname })
  const [isPaletteOpen, palette] = useDisclosure(false)
  const goTo = useGoTo()
  const places: readonly AppPage[] = pages
  useShortcuts({
    ...Object.fromEntries(
      places.flatMap(page => (page.key === undefined ? [] : [[`g ${page.key}`, () => void goTo(page)] as const])),
    ),
    '?': help.open,
    'mod+k': palette.toggle,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the menu of a phone
  useEffect(() => menu.close(), [pathname])

  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 200, breakpoint: 'sm', collapsed: { mobile: !isMenuOpen } }}
      padding="md"
      transitionDuration={100}
    >
      <a href="#main" className="skip-link">
        Skip to the content
      </a>
      <AppShell.Header className={styles.header}>
        <Burger
          opened={isMenuOpen}
          onClick={menu.toggle}
          hiddenFrom="sm"
          size="sm"
          aria-label={isMenuOpen ? 'Close the menu' : 'Open the menu'}
          aria-expanded={isMenuOpen}
        />
        <span className={styles.brand}>
          <img src="/favicon.svg" alt="" width={20} height={20} />
          <span className={styles.brandName}>Tenfold</span>
        </span>
        <button type="button" className={styles.jump} onClick={palette.open} aria-label="Search or jump">
          <Icon name="search" />
          <span className="mantine-visible-from-md">Search or jump</span>
          <Kbd size="xs" aria-hidden="true" visibleFrom="md">
            {isApple ? '⌘ K' : 'Ctrl K'}
          </Kbd>
        </button>
        <div className={styles.tools}>
          <Freshness />
          <Tooltip label="Keyboard (?)">
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label="Keyboard shortcuts"
              onClick={help.open}
              visibleFrom="sm"
            >
              <Icon name="keys" size={18} />
            </ActionIcon>
          </Tooltip>
          <ThemeSwitch />
          <UserMenu />
        </div>
      </AppShell.Header>
      <AppShell.Navbar className={styles.navbar} aria-label="Pages">
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <Outlet />
      </AppShell.Main>
      <Palette isOpen={isPaletteOpen} onClose={palette.close} />
      <KeysHelp isOpen={isHelpOpen} onClose={help.close} />
      <LiveAnnouncer />
    </AppShell>
  )
}
