import { TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { counted } from '../../lib/format.ts'
import { visibleText } from '../../lib/visible-text.ts'
import styles from './output-text.module.css'

/** More marks than this would slow the page, and nobody steps through them. */
const marksAtMost = 500
/** A shorter text is read faster than it is searched. */
const searchableFrom = 200

/** A plugin's output: shown, wrapped, searched within, never interpreted. */
export function OutputText({ text, label }: { text: string; label: string }) {
  const [wanted, setWanted] = useState('')
  const shown = visibleText(text)
  const { parts, found } = marked(shown, wanted)
  return (
    <div>
      {shown.length >= searchableFrom && (
        <TextInput
          size="xs"
          mb={6}
          type="search"
          aria-label={`Search in ${label.toLowerCase()}`}
          placeholder="Search in the output"
          value={wanted}
          maxLength={200}
          onChange={event => setWanted(event.currentTarget.value)}
          description={
            wanted === '' ? undefined : (
              <span role="status">
                {found === 0 ? 'Not in it' : `${found === marksAtMost ? 'At least ' : ''}${counted(found, 'place')}`}
              </span>
            )
          }
          inputWrapperOrder={['label', 'input', 'description']}
        />
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <section className={styles.frame} aria-label={label} tabIndex={0}>
        <pre className={styles.text} dir="auto">
          {parts}
        </pre>
      </section>
    </div>
  )
}

function marked(text: string, wanted: string): { readonly parts: readonly ReactNode[]; readonly found: number } {
  if (wanted === '') return { parts: [text], found: 0 }
  const parts: ReactNode[] = []
  const [low, needle] = [text.toLowerCase(), wanted.toLowerCase()]
  // Lower case may be longer than what it is made of: then places of the one are none of the other.
  if (low.length !== text.length) return { parts: [text], found: 0 }
  let from = 0
  let found = 0
  for (let at = low.indexOf(needle); at >= 0 && found < marksAtMost; at = low.indexOf(needle, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + needle.length)}</mark>)
    from = at + needle.length
    found += 1
  }
  parts.push(text.slice(from))
  return { parts, found }
}
