import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

// Neutral greys and one accent; every other colour means something (severity, fixed, stale).
const dark: MantineColorsTuple = [
  '#d3d7dd',
  '#bac0c8',
  '#a3abb6',
  '#7b838e',
  '#4a515b',
  '#343a42',
  '#272c33',
  '#1b1e23',
  '#15181c',
  '#101215',
]

const accent: MantineColorsTuple = [
  '#eceffe',
  '#d5dafb',
  '#adb7f5',
  '#8592ee',
  '#6474e5',
  '#4f60dd',
  '#3b4cca',
  '#3341ae',
  '#2a3691',
  '#222c77',
]

// Dark enough to carry white words in both themes.
const red: MantineColorsTuple = [
  '#fdeeec',
  '#fad7d4',
  '#f5b3ae',
  '#ff8b82',
  '#ff8b82',
  '#cb352b',
  '#b3261e',
  '#9c1f18',
  '#821a14',
  '#6b1611',
]

const onPanel = { content: { background: 'var(--panel)' }, header: { background: 'var(--panel)' } } as const

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 5 },
  colors: { accent, dark, red },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '1.25rem', lineHeight: '1.3' }, h2: { fontSize: '0.9375rem', lineHeight: '1.4' } },
  },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'xs' } },
    TextInput: { defaultProps: { size: 'sm' } },
    PasswordInput: { defaultProps: { size: 'sm' } },
    NumberInput: { defaultProps: { size: 'xs' } },
    Tooltip: { defaultProps: { openDelay: 300, transitionProps: { duration: 100 } } },
    // Its placeholder is no child that a menu may have.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Modal: { defaultProps: { centered: true, transitionProps: { duration: 100 } }, styles: onPanel },
    Drawer: { defaultProps: { transitionProps: { duration: 100 } }, styles: onPanel },
  },
})

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#f7f8fa',
    '--mantine-color-text': '#191c21',
    '--mantine-color-dimmed': '#5a626d',
    '--mantine-color-placeholder': '#646c77',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-anchor': '#3341ae',
    '--panel': '#ffffff',
    '--line': '#dde1e6',
    '--line-strong': '#7b838e',
    '--hover': '#eef1f5',
    '--selected': '#e4e8fc',
    '--mark': '#3b4cca',
    '--good': '#237a36',
    '--warn': '#8a5300',
    '--warn-fill': '#fff6e3',
    '--bad': '#b3261e',
    '--bad-fill': '#fdeeec',
    '--good-fill': '#eaf6ec',
    '--severity-critical': '#a8124f',
    '--severity-high': '#c9420b',
    '--severity-medium': '#b07500',
    '--severity-low': '#1971c2',
    '--severity-info': '#6b7480',
    '--on-severity': '#ffffff',
    '--on-severity-medium': '#101215',
  },
  dark: {
    '--mantine-color-body': '#131518',
    '--mantine-color-text': '#dfe3e8',
    '--mantine-color-dimmed': '#a3abb6',
    '--mantine-color-placeholder': '#8d95a0',
    '--mantine-color-error': '#ff8b82',
    '--mantine-color-anchor': '#a9b4ff',
    '--panel': '#1b1e23',
    '--line': '#31363e',
    '--line-strong': '#7b838e',
    '--hover': '#24282f',
    '--selected': '#2a2f4d',
    '--mark': '#98a6ff',
    '--good': '#69db7c',
    '--warn': '#f0b429',
    '--warn-fill': '#2c2512',
    '--bad': '#ff8b82',
    '--bad-fill': '#341d1c',
    '--good-fill': '#16281a',
    '--severity-critical': '#f0508f',
    '--severity-high': '#ff7a3d',
    '--severity-medium': '#f0b429',
    '--severity-low': '#58a6f5',
    '--severity-info': '#9aa3ae',
    '--on-severity': '#101215',
    '--on-severity-medium': '#101215',
  },
})
