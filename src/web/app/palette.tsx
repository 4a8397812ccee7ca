import { Modal, TextInput } from '@mantine/core'
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { Icon } from '../components/icons.tsx'
import { OutsideName } from '../components/outside-text.tsx'
import styles from './palette.module.css'
import { type Offer, usePaletteOffers } from './use-palette-offers.ts'

/** Ctrl K or ⌘ K: wherever one is, to anything there is. */
export function Palette({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  return (
    <Modal.Root opened={isOpen} onClose={onClose} yOffset="12vh" centered={false} size="lg" padding={0}>
      <Modal.Overlay />
      <Modal.Content aria-label="Jump to">
        <Modal.Body>{isOpen && <Search onClose={onClose} />}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}

function focusAtOnce(box: HTMLInputElement | null): void {
  box?.focus()
}

function Search({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const listId = useId()
  const list = useRef<HTMLDivElement>(null)
  const { groups, isLooking } = usePaletteOffers(text)
  const offers = groups.flatMap(group => group.offers)
  const current = offers[Math.min(at, offers.length - 1)]
  const optionId = (offer: Offer) => `${listId}-${offer.id}`

  // biome-ignore lint/correctness/useExhaustiveDependencies: the marked one is kept in sight
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [current?.id])

  const run = (offer: Offer) => {
    onClose()
    offer.run()
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: at + 1 >= offers.length ? 0 : at + 1,
      ArrowUp: at <= 0 ? offers.length - 1 : at - 1,
    }
    const to = moves[event.key]
    if (to !== undefined) setAt(Math.max(0, to))
    else if (event.key === 'Enter' && current !== undefined) run(current)
    else return
    event.preventDefault()
  }
  return (
    <>
      <TextInput
        data-autofocus
        // Who presses the keys goes on typing: nothing of it may go elsewhere.
        ref={focusAtOnce}
        className={styles.input}
        variant="unstyled"
        size="md"
        role="combobox"
        aria-label="Asset, plugin, CVE, page or action"
        aria-expanded={offers.length > 0}
        aria-controls={listId}
        aria-activedescendant={current && optionId(current)}
        placeholder="Asset, address, plugin, CVE, page or action"
        value={text}
        maxLength={200}
        spellCheck={false}
        autoComplete="off"
        leftSection={<Icon name="search" />}
        onChange={event => {
          setText(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
      />
      <div ref={list} id={listId} role="listbox" aria-label="What there is" className={styles.list}>
        {groups.map(group => (
          // biome-ignore lint/a11y/useSemanticElements: a group of a list box
          <div key={group.title} role="group" aria-label={group.title}>
            <div className={styles.title} aria-hidden="true">
              {group.title}
            </div>
            {group.offers.map(offer => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the text box takes the keyboard for the whole list
              // biome-ignore lint/a11y/useFocusableInteractive: it never has the focus: the text box names it
              <div
                key={offer.id}
                id={optionId(offer)}
                role="option"
                aria-selected={offer === current}
                className={styles.offer}
                onClick={() => run(offer)}
                onMouseMove={() => setAt(offers.indexOf(offer))}
              >
                <span className={styles.label}>
                  {offer.isOutside === true ? <OutsideName text={offer.label} /> : offer.label}
                </span>
                {offer.about !== undefined && (
                  <span className={styles.about}>
                    <OutsideName text={offer.about} />
                  </span>
                )}
              </div>
            ))}
          </div>
        ))}
      </div>
      <div role="status" className={offers.length === 0 ? styles.nothing : 'only-spoken'}>
        {offers.length > 0 ? `${offers.length} found` : isLooking ? 'Looking…' : `Nothing is called “${text.trim()}”.`}
      </div>
    </>
  )
}
