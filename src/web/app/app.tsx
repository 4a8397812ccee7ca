import { MantineProvider } from '@mantine/core'
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { ProblemError } from '../../client/index.ts'
import { isSignedOut, meQuery } from '../lib/session.ts'
import { router } from './router.tsx'
import { styleNonce } from './style-nonce.ts'
import { cssVariables, theme } from './theme.ts'

/** The session ended while the page was open: sign in, and come back to the same view. */
function onFailure(error: Error): void {
  if (!isSignedOut(error)) return
  queryClient.removeQueries({ queryKey: meQuery.queryKey })
  const { pathname, href } = router.state.location
  if (pathname === '/login' || pathname === '/setup') return
  void router.navigate({ to: '/login', search: href === '/' ? {} : { return_to: href } })
}

const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: onFailure }),
  mutationCache: new MutationCache({ onError: onFailure }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // An answer is an answer; only silence is asked again.
      retry: (failures, error) => failures < 2 && !(error instanceof ProblemError && error.status < 500),
      retryDelay: attempt => 500 * 2 ** attempt,
      // The API is on this machine or near it: whether the browser thinks it is online says nothing.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

export function App() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={() => styleNonce}
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  )
}
