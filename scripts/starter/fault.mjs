/** Something the person at the keyboard can put right; shown as one line, without a stack. */
export class StartError extends Error {
  /** @param {string} message what, which, and the remedy */
  constructor(message) {
    super(message)
    this.name = 'StartError'
  }
}
