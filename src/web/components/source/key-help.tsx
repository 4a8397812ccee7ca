import type { ReactNode } from 'react'
import type { SourceKind } from '../../../contract/sources.ts'
import styles from './source.module.css'

interface Help {
  readonly steps: readonly ReactNode[]
  readonly warning: ReactNode
  readonly sees: string
}

const cloud: Help = {
  steps: [
    'In Tenable, sign in as the user whose view you want mirrored: Tenfold reads what that user may read.',
    <>
      Open <em>My profile</em> (top right), then <em>API keys</em>, then <em>Generate</em>.
    </>,
    'Copy both keys here before you close that page: the secret key is shown once.',
  ],
  warning: (
    <>
      <strong>New keys end the old pair at once.</strong> If another program uses this user’s keys, make a user of its
      own for Tenfold.
    </>
  ),
  sees: 'An Administrator’s key sees everything, deleted assets too. A lesser role works; the test says what it leaves out.',
}

const securityCenter: Help = {
  steps: [
    'In Security Center, make a user of the organisation whose findings are to be mirrored. Administrators of the server see none.',
    <>
      Switch on <em>Allow API Keys</em> in the security settings, and generate a pair for that user.
    </>,
    'Copy both keys here before you close that page: the secret key is shown once.',
  ],
  warning: 'Share the repositories with the group of that user: what it does not see is not mirrored.',
  sees: 'The test says which repositories it sees.',
}

const nessus: Help = {
  steps: [
    'In Nessus, sign in as the user whose scans are to be read.',
    <>
      Open <em>Settings</em>, <em>My Account</em>, <em>API Keys</em>, then <em>Generate</em>.
    </>,
    'Copy both keys here before you close that page: they are shown once.',
  ],
  warning: (
    <>
      <strong>New keys end the old pair at once.</strong> Nessus is only read: Tenfold starts no scans in it.
    </>
  ),
  sees: 'An administrator sees all scans, a standard user its own and those shared with it. The test says what the licence leaves out.',
}

const helps: Readonly<Record<SourceKind, Help>> = {
  'tenable-vm': cloud,
  'tenable-sc': securityCenter,
  nessus,
  files: cloud,
}

/** How to come by the keys, and what making them does. */
export function KeyHelp({ kind }: { readonly kind: SourceKind }) {
  const { steps, warning, sees } = helps[kind]
  return (
    <div className={styles.help}>
      <h3>How to make the keys</h3>
      <ol>
        {steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the steps of a kind never change
          <li key={index}>{step}</li>
        ))}
      </ol>
      <p>{warning}</p>
      <p>{sees} The keys are sealed before they are stored and never shown again.</p>
    </div>
  )
}
