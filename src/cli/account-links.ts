import type { MadeLink } from '../hub/accounts.ts'
import type { Hub } from '../hub.ts'

/** Where a browser opens a one-time link. What is behind the `#` goes to no server and into no log. */
export function addressOfLink(hub: Hub, url: string, { token }: MadeLink): string {
  return `${hub.config.publicUrl ?? url}/setup#${token.reveal()}`
}

/** For a command that serves nothing: the server is where the settings say. */
export function serverAddress({ config }: Hub): string {
  const host = config.host ?? '127.0.0.1'
  const name = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  return config.publicUrl ?? `http://${name}:${config.port}`
}
