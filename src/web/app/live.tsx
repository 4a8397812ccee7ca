import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react'
import { followSync } from '../../client/index.ts'
import type { SyncEvent } from '../../contract/sync.ts'
import { api } from '../lib/api.ts'
import { serverNow } from '../lib/clock.ts'
import { emptyLiveState, endedBetween, type LiveState, withEvent } from '../lib/live-state.ts'

/** Chunks may finish many times a second; the page moves at most this often. */
const flushMs = 300
/** While the stream of events is lost. */
const pollMs = 5_000
/** A server that refused the stream is not asked again by the browser. */
const reopenMs = 20_000
/** Counts of the overview while a run writes. */
const refreshMs = 10_000

interface Live {
  readonly state: LiveState
  /** False: what is shown comes from asking now and then. */
  readonly isConnected: boolean
}

const LiveContext = createContext<Live>({ state: emptyLiveState, isConnected: true })

export function useLive(): Live {
  return useContext(LiveContext)
}

/** Follows the runs of every source for as long as the page is looked at. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const [state, setState] = useState(emptyLiveState)
  const [isConnected, setIsConnected] = useState(true)
  const latest = useRef(emptyLiveState)

  useEffect(() => {
    let waiting: SyncEvent[] = []
    let refreshedAtMs = 0
    const flush = () => {
      if (waiting.length === 0) return
      const before = latest.current
      latest.current = waiting.reduce((folded, event) => withEvent(folded, event, serverNow()), before)
      waiting = []
      setState(latest.current)
      if (endedBetween(before, latest.current).length > 0) refreshAll(client)
      else if (latest.current.changed !== before.changed && Date.now() - refreshedAtMs > refreshMs) {
        refreshedAtMs = Date.now()
        void client.invalidateQueries({ queryKey: ['statistics'] })
        void client.invalidateQueries({ queryKey: ['jobs'] })
      }
    }
    const flusher = window.setInterval(flush, flushMs)
    const close = followWhileVisible(
      event => waiting.push(event),
      isOpen => {
        setIsConnected(isOpen)
        // How the server is doing is asked at once, not in half a minute.
        void client.invalidateQueries({ queryKey: ['sync'] })
      },
    )
    return () => {
      window.clearInterval(flusher)
      close()
    }
  }, [client])

  return <LiveContext value={{ state, isConnected }}>{children}</LiveContext>
}

/** A run has ended: what counts rows or runs is old. Lists stay as they are until the reader asks for the new rows. */
function refreshAll(client: QueryClient): void {
  for (const key of [
    'statistics',
    'sync',
    'sources',
    'schedules',
    'jobs',
    'finding',
    'asset',
    'device',
    'scan',
    'network',
    'tag',
  ]) {
    void client.invalidateQueries({ queryKey: [key] })
  }
}

// A browser opens six connections to a server at most, so a page in the background gives its own back.
function followWhileVisible(onEvent: (event: SyncEvent) => void, onConnected: (isConnected: boolean) => void) {
  let close: (() => void) | undefined
  const follow = () => {
    close?.()
    close = document.visibilityState === 'visible' ? followOrPoll(onEvent, onConnected) : undefined
  }
  follow()
  document.addEventListener('visibilitychange', follow)
  return () => {
    document.removeEventListener('visibilitychange', follow)
    close?.()
  }
}

function followOrPoll(onEvent: (event: SyncEvent) => void, onConnected: (isConnected: boolean) => void): () => void {
  let poller: number | undefined
  let reopener: number | undefined
  const stopPolling = () => {
    window.clearInterval(poller)
    window.clearTimeout(reopener)
    poller = undefined
    reopener = undefined
  }
  const poll = () => {
    askStatus().then(onEvent, () => undefined)
  }
  const onLost = () => {
    onConnected(false)
    poller ??= window.setInterval(poll, pollMs)
    reopener ??= window.setTimeout(() => {
      close()
      reopener = undefined
      close = open()
    }, reopenMs)
  }
  const onOpen = () => {
    stopPolling()
    onConnected(true)
  }
  const open = () => followSync('', { onEvent, onLost, onOpen })
  let close = open()
  return () => {
    stopPolling()
    close()
  }
}

async function askStatus(): Promise<SyncEvent> {
  const status = await api.call('getSyncStatus')
  const last = status.sources.flatMap(source => source.last_run ?? [])
  return { event: 'snapshot', data: { at: status.at, jobs: [...last, ...status.active] } }
}
