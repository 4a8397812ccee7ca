import { type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api } from './api.ts'

/** What a person has just decided, to be said and to be taken back. */
export interface LastAct {
  readonly id: number
  readonly words: string
  readonly deviceIds: readonly number[]
}

const lastActKey = ['last-device-act'] as const

export function useLastAct(): LastAct | null {
  const { data } = useQuery<LastAct | null>({
    queryKey: lastActKey,
    queryFn: () => null,
    enabled: false,
    initialData: null,
    staleTime: Number.POSITIVE_INFINITY,
  })
  return data
}

export function useForgetAct(): () => void {
  const client = useQueryClient()
  return () => client.setQueryData(lastActKey, null)
}

interface Said {
  /** What is said of it afterwards. */
  readonly words: string
}

/** Two records are one device, or two. */
export function useDecide() {
  return useActs(async (said: Said & { readonly assets: readonly [number, number]; readonly isSame: boolean }) => {
    const decision = await api.call('decideDevice', { body: { asset_ids: [...said.assets], is_same: said.isSame } })
    return { id: decision.id, words: said.words, deviceIds: [] }
  })
}

/** @param onDone told at once: what was on the page may be gone when it is read again */
export function useMergeDevice(onDone: (act: LastAct) => void) {
  return useActs(
    async (said: Said & { readonly id: number; readonly other: number; readonly reason: string | null }) => {
      const body = { device_id: said.other, reason: said.reason }
      const act = await api.call('mergeDevice', { params: { id: said.id }, body })
      return { id: act.act_id, words: said.words, deviceIds: act.device_ids }
    },
    onDone,
  )
}

export function useSplitDevice(onDone: (act: LastAct) => void) {
  return useActs(
    async (
      said: Said & { readonly id: number; readonly assets: readonly number[]; readonly reason: string | null },
    ) => {
      const body = { asset_ids: [...said.assets], reason: said.reason }
      const act = await api.call('splitDevice', { params: { id: said.id }, body })
      return { id: act.act_id, words: said.words, deviceIds: act.device_ids }
    },
    onDone,
  )
}

export function useUndoDecision() {
  return useActs(async (id: number) => {
    await api.call('undoDeviceDecision', { params: { id } })
    return null
  })
}

function useActs<V, A extends LastAct | null>(
  mutationFn: (variables: V) => Promise<A>,
  onDone: (act: A) => void = () => undefined,
) {
  const client = useQueryClient()
  return useMutation({
    mutationFn,
    onSuccess: act => {
      client.setQueryData(lastActKey, act)
      onDone(act)
    },
    onSettled: () => readAgain(client),
  })
}

/** Whatever came of it: who was too late sees what is there now. */
function readAgain(client: QueryClient): Promise<unknown> {
  return Promise.all(['devices', 'device', 'statistics'].map(key => client.invalidateQueries({ queryKey: [key] })))
}
