import type { ReactNode } from 'react'

interface IconProps {
  readonly size?: number
}

const glyphs = {
  overview: <path d="M3 3h6v8H3zM11 3h6v4h-6zM11 9h6v8h-6zM3 13h6v4H3z" />,
  findings: <path d="M10 2.5 17 5v5c0 4-3 6.5-7 7.5C6 16.5 3 14 3 10V5zM10 6.5v4M10 13.2v.1" />,
  assets: <path d="M3 4h14v8H3zM7 16h6M10 12v4" />,
  devices: <path d="M3 3h8v7H3zM9 12.5h8V17H9zM7 10v5h2" />,
  scans: <path d="M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4M3 10h14" />,
  compliance: <path d="M5 3h10v14H5zM8 8l1.5 1.5L12.5 6.5M8 13h4.5" />,
  networks: <path d="M8 3h4v4H8zM3 13h4v4H3zM13 13h4v4h-4zM10 7v3M5 13v-3h10v3" />,
  sync: <path d="M4 8a6.5 6.5 0 0 1 11.5-2.5L17 7M17 3v4h-4M16 12a6.5 6.5 0 0 1-11.5 2.5L3 13M3 17v-4h4" />,
  search: <path d="M8.5 3a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM12.7 12.7 17 17" />,
  filter: <path d="M3 5h14M6 10h8M8.5 15h3" />,
  close: <path d="m5 5 10 10M15 5 5 15" />,
  sun: (
    <path d="M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1" />
  ),
  moon: <path d="M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7z" />,
  auto: <path d="M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14" />,
  keys: <path d="M2.5 5h15v10h-15zM5.5 8h.1M8.5 8h.1M11.5 8h.1M14.5 8h.1M6 12h8" />,
  copy: <path d="M7 7h9v10H7zM13 7V3H4v10h3" />,
  check: <path d="m4 10.5 4 4 8-9" />,
  alert: <path d="M10 3 18 17H2zM10 8v4M10 14.3v.1" />,
  info: <path d="M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM10 9v5M10 6.2v.1" />,
  refused: <path d="M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM5 15 15 5" />,
  expand: <path d="M12 3h5v5M8 17H3v-5M17 3l-6 6M3 17l6-6" />,
  shrink: <path d="M17 8h-5V3M3 12h5v5M12 8l5-5M8 12l-5 5" />,
  down: <path d="m5 8 5 5 5-5" />,
  up: <path d="m5 12 5-5 5 5" />,
  previous: <path d="m12 5-5 5 5 5" />,
  next: <path d="m8 5 5 5-5 5" />,
  columns: <path d="M3 4h14v12H3zM7.7 4v12M12.3 4v12" />,
  views: <path d="M5 3h10v14l-5-4-5 4z" />,
  more: <path d="M4.5 10h.1M10 10h.1M15.5 10h.1" strokeWidth="2.6" />,
  rows: <path d="M3 5h14M3 8.3h14M3 11.6h14M3 15h14" />,
  exportFile: <path d="M10 3v9M6.5 8.5 10 12l3.5-3.5M3.5 14v3h13v-3" />,
  reconciliation: <path d="M3.5 6.5h11M11.5 3.5l3 3-3 3M16.5 13.5h-11M8.5 10.5l-3 3 3 3" />,
  imports: <path d="M10 13V4M6.5 7.5 10 4l3.5 3.5M3.5 14v3h13v-3" />,
  person: (
    <path d="M10 3a3.3 3.3 0 1 0 0 6.6A3.3 3.3 0 0 0 10 3zM3.5 17c.6-3.6 3.2-5.4 6.5-5.4s5.900 1.800 6.500 5.400" />
  ),
  external: <path d="M8 4H4v12h12v-4M11 3h6v6M17 3l-8 8" />,
} as const satisfies Record<string, ReactNode>

export type IconName = keyof typeof glyphs

/** Decoration: what it stands beside, or the button's label, says the same in words. */
export function Icon({ name, size = 16 }: IconProps & { readonly name: IconName }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ flex: 'none' }}
    >
      {glyphs[name]}
    </svg>
  )
}
