import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { UserView } from '../../../../contract/accounts.ts'
import { usersQuery } from '../../../lib/account-queries.ts'
import { api } from '../../../lib/api.ts'

export function useMakeResetLink(onMade: (link: { userName: string; path: string }) => void) {
  return useUserMutation(async ({ id, user_name }) => {
    const { path } = await api.call('makeResetLink', { params: { id } })
    onMade({ userName: user_name, path })
  })
}

export function useSwitchUser() {
  return useUserMutation(({ id, is_disabled }) =>
    api.call('updateUser', { params: { id }, body: { is_disabled: !is_disabled } }),
  )
}

export function useRemoveUser() {
  return useUserMutation(({ id }) => api.call('removeUser', { params: { id } }))
}

function useUserMutation<T>(mutationFn: (user: UserView) => Promise<T>) {
  const client = useQueryClient()
  return useMutation({ mutationFn, onSettled: () => client.invalidateQueries({ queryKey: usersQuery.queryKey }) })
}
