import { pathOf } from '../contract/paths.ts'
import type { SyncEvent } from '../contract/sync.ts'

export interface SyncListener {
  readonly onEvent: (event: SyncEvent) => void
  /** The connection was lost; the browser tries again by itself and says where it was. */
  readonly onLost?: () => void
  readonly onOpen?: () => void
}

/** Follows runs in a browser. Returns the function that ends it. */
export function followSync(baseUrl: string, listener: SyncListener, sourceIds: readonly number[] = []): () => void {
  const query = sourceIds.length === 0 ? {} : { source_id: sourceIds }
  const events = new EventSource(baseUrl.replace(/\/+$/, '') + pathOf('followEvents', { query }))
  for (const name of ['snapshot', 'run'] as const) {
    events.addEventListener(name, message => {
      listener.onEvent({ event: name, data: JSON.parse((message as MessageEvent<string>).data) } as SyncEvent)
    })
  }
  events.addEventListener('error', () => listener.onLost?.())
  events.addEventListener('open', () => listener.onOpen?.())
  return () => events.close()
}
