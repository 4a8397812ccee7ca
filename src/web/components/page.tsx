import { Skeleton } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { type ReactNode, useLayoutEffect, useRef } from 'react'
import styles from './page.module.css'

interface PageProps {
  readonly title: string
  /** As of when, at which level, what is left out. */
  readonly context?: ReactNode
  /** What the reader came for, in one sentence. */
  readonly sentence?: ReactNode
  readonly actions?: ReactNode
  /** One record beside the page, when its address names one. */
  readonly details?: ReactNode
  readonly isDetailed?: boolean
  readonly children: ReactNode
}

let titleBefore: string | undefined

export function PageFrame(props: PageProps) {
  const { title, context, sentence, actions, details, isDetailed = false, children } = props
  const isPhone = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false })
  const heading = useRef<HTMLHeadingElement>(null)
  // Whoever hears the page is taken to its title; on the first page the browser has done so already. Before the page is
  // seen, so that it takes the keyboard from nobody who has begun to use it.
  useLayoutEffect(() => {
    document.title = `${title} · Tenfold`
    if (titleBefore !== undefined && titleBefore !== title) heading.current?.focus({ preventScroll: true })
    titleBefore = title
  }, [title])
  return (
    <>
      <div className={styles.page} data-detailed={isDetailed || undefined} inert={isDetailed && isPhone}>
        <div className={styles.head}>
          <div className={styles.titles}>
            <h1 ref={heading} tabIndex={-1} className={styles.title}>
              {title}
            </h1>
            {context !== undefined && <div className={styles.context}>{context}</div>}
          </div>
          {actions !== undefined && <div className={styles.actions}>{actions}</div>}
        </div>
        {sentence !== undefined && <p className={styles.sentence}>{sentence}</p>}
        {children}
      </div>
      {details}
    </>
  )
}

/** As high as the sentence that will come. */
export function SentenceSkeleton() {
  return <Skeleton component="span" display="block" height={24} width={420} maw="100%" />
}
