import styles from './source.module.css'

/** How to come by the keys, and what making them does. */
export function KeyHelp() {
  return (
    <div className={styles.help}>
      <h3>How to make the keys</h3>
      <ol>
        <li>In Tenable, sign in as the user whose view you want mirrored: Tenfold reads what that user may read.</li>
        <li>
          Open <em>My profile</em> (top right), then <em>API keys</em>, then <em>Generate</em>.
        </li>
        <li>Copy both keys here before you close that page: the secret key is shown once.</li>
      </ol>
      <p>
        <strong>New keys end the old pair at once.</strong> If another program uses this user’s keys, make a user of its
        own for Tenfold.
      </p>
      <p>
        An Administrator’s key sees everything, deleted assets too. A lesser role works; the test says what it leaves
        out. The keys are sealed before they are stored and never shown again.
      </p>
    </div>
  )
}
