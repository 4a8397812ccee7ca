import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { StreamName } from '../../domain/batch.ts'
import { api } from './api.ts'

/** Starting and stopping runs; afterwards everything that speaks of runs is read again. */
export function useStartSync() {
  return useRunsMutation(({ sourceId, kind, streams }: StartRequest) =>
    api.call('startSync', {
      body: { source_id: sourceId, kind, ...(streams === undefined ? {} : { streams: [...streams] }) },
    }),
  )
}

interface StartRequest {
  readonly sourceId: number
  readonly kind: 'full' | 'delta'
  /** All that the source offers when left out. */
  readonly streams?: readonly StreamName[]
}

/** One run for each source whose failures of the last days no later run has made up for. */
export function useRetryFailed() {
  return useRunsMutation((days: number) => api.call('retryFailedJobs', { body: { days } }))
}

/** While a source is paused nothing of it starts by itself. */
export function usePauseSource() {
  return useRunsMutation(({ sourceId, isPaused }: { readonly sourceId: number; readonly isPaused: boolean }) =>
    api.call(isPaused ? 'pauseSource' : 'resumeSource', { params: { id: sourceId } }),
  )
}

export function useDecideSweep() {
  return useRunsMutation(({ runId, decision }: { readonly runId: number; readonly decision: 'confirm' | 'reject' }) =>
    api.call(decision === 'confirm' ? 'confirmSweep' : 'rejectSweep', { params: { id: runId } }),
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
    onSettled: () =>
      Promise.all(
        ['sync', 'jobs', 'sources', 'schedules', 'statistics'].map(key =>
          client.invalidateQueries({ queryKey: [key] }),
        ),
      ),
  })
}
