import { visibleLine, visibleText } from '../lib/visible-text.ts'
import styles from './outside-text.module.css'

/** A name that somebody outside chose: isolated, in one line, its acting characters shown. */
export function OutsideName({ text }: { text: string }) {
  return <bdi>{visibleLine(text)}</bdi>
}

/** Longer text from outside, such as a plugin's output: shown, wrapped, never interpreted. */
export function OutsideText({ text, label }: { text: string; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section className={styles.frame} aria-label={label} tabIndex={0}>
      <pre className={styles.text} dir="auto">
        {visibleText(text)}
      </pre>
    </section>
  )
}
