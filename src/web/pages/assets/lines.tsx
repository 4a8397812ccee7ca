import { OutsideName } from '../../components/outside-text.tsx'

/** One below the other; null when there are none, so that the fact is left out. */
export function linesOf(values: readonly string[], isMono = false) {
  if (values.length === 0) return null
  return values.map(value => (
    <div key={value} className={isMono ? 'mono' : undefined}>
      <OutsideName text={value} />
    </div>
  ))
}

/** A text from outside; null when it is not known. */
export function outside(text: string | null, isMono = false) {
  return text === null ? null : (
    <span className={isMono ? 'mono' : undefined}>
      <OutsideName text={text} />
    </span>
  )
}

export function yesOrNo(value: boolean | null): string {
  return value === null ? 'not said' : value ? 'yes' : 'no'
}
