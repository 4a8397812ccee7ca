// The page's policy takes only style elements that carry the server's nonce. Mantine is told of it by name; the library
// that keeps the page still behind a dialog looks for it in this global.

declare global {
  var __webpack_nonce__: string | undefined
}

export const styleNonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? ''

globalThis.__webpack_nonce__ = styleNonce
