import { useMutation, useQueryClient } from '@tanstack/react-query'
import { ProblemError } from '../../client/index.ts'
import type { ScheduleChange } from '../../contract/schedule.ts'
import type { SourceSettings, SourceUpdate, SourceView } from '../../contract/sources.ts'
import { api } from './api.ts'

/** Changing sources and their schedules; afterwards everything that speaks of sources is read again. */
export function useUpdateSource(id: number) {
  return useSourcesMutation((body: SourceUpdate) => api.call('updateSource', { params: { id }, body }))
}

export function useRemoveSource() {
  return useSourcesMutation((id: number) => api.call('removeSource', { params: { id } }))
}

export function useSaveSchedule() {
  return useSourcesMutation((change: ScheduleChange) => api.call('saveSchedule', { body: change }))
}

export function useRemoveSchedule() {
  return useSourcesMutation((id: number) => api.call('removeSchedule', { params: { id } }))
}

export function usePauseSchedule() {
  return useSourcesMutation(({ id, isPaused }: { readonly id: number; readonly isPaused: boolean }) =>
    api.call(isPaused ? 'pauseSchedules' : 'resumeSchedules', { body: { id } }),
  )
}

/** Its own settings: what is not there is as the server has it. */
export function settingsOf(source: Pick<SourceView, 'settings'>): SourceSettings {
  // The server checks them by this schema before it keeps them.
  return source.settings as SourceSettings
}

/** What the server says of one field of a body, as `body.base_url`. */
export function fieldError(error: Error | null, field: string): string | undefined {
  if (!(error instanceof ProblemError)) return undefined
  return error.problem.errors?.find(one => one.field === field || one.field.endsWith(`.${field}`))?.message
}

function useSourcesMutation<V, T>(mutationFn: (variables: V) => Promise<T>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn,
    onSettled: () =>
      Promise.all(['sources', 'sync', 'schedules'].map(key => client.invalidateQueries({ queryKey: [key] }))),
  })
}
