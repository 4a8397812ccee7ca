/** What XML 1.0 forbids, as characters and as numeric references: plugins put both into their output. */
const illegal = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g
const hasIllegal = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/
const reference = /&#(?:x([0-9a-f]{1,8})|(\d{1,10}));/gi

/** Takes out of XML text what no parser may read, piece by piece, and counts it. */
export class XmlCleaner {
  /** Characters that were left out. */
  count = 0
  #rest = ''

  push(piece: string): string {
    let text = this.#rest + piece
    // A reference may be cut in two.
    const amp = text.lastIndexOf('&', text.length)
    const isCut = amp !== -1 && text.length - amp < 14 && !text.includes(';', amp)
    this.#rest = isCut ? text.slice(amp) : ''
    if (isCut) text = text.slice(0, amp)
    return this.#clean(text)
  }

  end(): string {
    const rest = this.#rest
    this.#rest = ''
    return this.#clean(rest)
  }

  #clean(text: string): string {
    let cleaned = text
    if (hasIllegal.test(cleaned)) cleaned = cleaned.replace(illegal, () => this.#drop())
    if (!cleaned.includes('&#')) return cleaned
    return cleaned.replace(reference, (whole, hex: string | undefined, decimal: string | undefined) => {
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
      return isLegal(code) ? whole : this.#drop()
    })
  }

  #drop(): string {
    this.count += 1
    return ''
  }
}

function isLegal(code: number): boolean {
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd
  return code < 0xd800 || (code > 0xdfff && code < 0xfffe) || (code > 0xffff && code <= 0x10ffff)
}
