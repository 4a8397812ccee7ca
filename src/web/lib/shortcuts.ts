import { useLayoutEffect, useRef } from 'react'
import { readRemembered } from './remembered.ts'

/** `j`, `?`, `escape`, two keys after one another: `g a`, or one with Ctrl or ⌘: `mod+k`. */
export type Bindings = Readonly<Record<string, () => void>>

const sequenceMs = 2_000
const stack: { current: Bindings }[] = []
/** Keys pressed while a dialog or menu was open: seen before anything could close it. */
const taken = new WeakSet<KeyboardEvent>()
let prefix = ''
let prefixAtMs = 0

/** Keys for as long as the component is on the page; of two with the same key, the newer one gets it. */
export function useShortcuts(bindings: Bindings): void {
  const latest = useRef(bindings)
  // Before the page is seen: whoever types at once must not have the keys land elsewhere.
  useLayoutEffect(() => {
    latest.current = bindings
  })
  useLayoutEffect(() => {
    if (stack.length === 0) {
      window.addEventListener('keydown', noteTaken, true)
      window.addEventListener('keydown', onKey)
    }
    stack.push(latest)
    return () => {
      stack.splice(stack.indexOf(latest), 1)
      if (stack.length > 0) return
      window.removeEventListener('keydown', noteTaken, true)
      window.removeEventListener('keydown', onKey)
    }
  }, [])
}

/** People who speak to their computer, or hit keys by accident, can switch single letters off. */
export function areLettersOn(): boolean {
  return readRemembered('shortcuts') !== 'off'
}

// The list under a box is no dialog, and stays on the page when it is closed; whoever types in the box is typing, which is
// asked apart.
const keepsKeys = '[aria-modal="true"], [role="menu"], .mantine-Popover-dropdown[role="dialog"]'

/** Dialogs and menus keep their keys to themselves. */
function noteTaken(event: KeyboardEvent): void {
  if (document.querySelector(keepsKeys) !== null) taken.add(event)
}

/** Ctrl K, or ⌘ K: it works everywhere, also while one types, and takes the key from the browser. */
function onModified(event: KeyboardEvent): void {
  const key = `mod+${event.key.toLowerCase()}`
  const found = event.altKey || event.shiftKey ? undefined : find(key)
  if (found === undefined || event.defaultPrevented) return
  event.preventDefault()
  found()
}

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey !== event.metaKey) onModified(event)
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
  if (isTyping(event.target) && event.key !== 'Escape') return
  if (taken.has(event)) return
  const isLetter = event.key.length === 1
  if (isLetter && !areLettersOn()) return
  const isSecond = prefix !== '' && Date.now() - prefixAtMs < sequenceMs
  const key = isLetter ? event.key : event.key.toLowerCase()
  const keys = isSecond ? [`${prefix} ${key}`, key] : [key]
  prefix = ''
  const found = keys.map(find).find(run => run !== undefined)
  if (found !== undefined) {
    event.preventDefault()
    found()
  } else if (
    isLetter &&
    stack.some(({ current }) => Object.keys(current).some(key => key.startsWith(`${event.key} `)))
  ) {
    prefix = event.key
    prefixAtMs = Date.now()
  }
}

function find(key: string): (() => void) | undefined {
  return stack.findLast(({ current }) => Object.hasOwn(current, key))?.current[key]
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit'].includes(target.type)
}
