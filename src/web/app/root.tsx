import { useQuery } from '@tanstack/react-query'
import { Navigate, Outlet, useRouterState } from '@tanstack/react-router'
import { ProblemView } from '../components/problem-view.tsx'
import { isSignedOut, meQuery } from '../lib/session.ts'
import { LiveProvider } from './live.tsx'
import { Shell } from './shell.tsx'

/** Pages for who is not signed in. */
const barePaths = ['/login', '/setup']

/** Nothing of the app is asked for before it is known who looks. */
export function Root() {
  const pathname = useRouterState({ select: state => state.location.pathname })
  return barePaths.includes(pathname) ? <Outlet /> : <SignedIn />
}

function SignedIn() {
  const me = useQuery(meQuery)
  const href = useRouterState({ select: state => state.location.href })
  if (me.data === undefined && isSignedOut(me.error)) {
    return <Navigate to="/login" search={href === '/' ? {} : { return_to: href }} replace />
  }
  if (me.data === undefined && me.error) {
    return (
      <main style={{ maxWidth: 560, margin: '80px auto', padding: '0 16px' }}>
        <ProblemView error={me.error} onRetry={() => void me.refetch()} isRetrying={me.isFetching} />
      </main>
    )
  }
  if (me.data === undefined) return null
  return (
    <LiveProvider>
      <Shell />
    </LiveProvider>
  )
}
