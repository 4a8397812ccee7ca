import { safeHref } from '../lib/visible-text.ts'
import { Icon } from './icons.tsx'
import { OutsideName } from './outside-text.tsx'

/** A link only when it leads to a web page; anything else stays text. */
export function Reference({ text }: { text: string }) {
  const href = safeHref(text)
  if (href === undefined) return <OutsideName text={text} />
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" style={{ overflowWrap: 'anywhere' }}>
      <OutsideName text={text} /> <Icon name="external" size={12} />
      <span className="only-spoken"> (opens in a new tab)</span>
    </a>
  )
}
