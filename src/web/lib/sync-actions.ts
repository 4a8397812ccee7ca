import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from './api.ts'

/** Starting and stopping runs; afterwards everything that speaks of runs is read again. */
export function useStartSync() {
  return useRunsMutation((request: { readonly sourceId: number; readonly kind: 'full' | 'delta' }) =>
    api.call('startSync', { body: { source_id: request.sourceId, kind: request.kind } }),
  )
}

export function useCancelRun() {
  return useRunsMutation((id: number) => api.call('cancelJob', { params: { id } }))
}

export function useRetryRun() {
  return useRunsMutation((id: number) => api.call('retryJob', { params: { id } }))
}

export function useStopAll() {
  return useRunsMutation(() => api.call('stopSync'))
}

function useRunsMutation<V, T>(mutationFn: (variables: V) => Promise<T>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn,
    onSettled: () => Promise.all(['sync', 'jobs'].map(key => client.invalidateQueries({ queryKey: [key] }))),
  })
}
