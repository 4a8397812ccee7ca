// What the other side says of itself goes into errors: to terminals, logs and screens.

/** One line, printable, at most 300 characters. */
export function printable(text: string): string {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}

/** What stands where JSON belongs: a web page's title, or the text itself. */
export function said(text: string): string {
  if (!text.trimStart().startsWith('<')) return printable(text)
  return printable(`(a web page) ${/<title[^>]*>([^<]*)/i.exec(text)?.[1] ?? ''}`)
}
