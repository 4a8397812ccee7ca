import { Button } from '@mantine/core'

export interface More {
  readonly hasNextPage: boolean
  readonly isFetchingNextPage: boolean
  readonly isFetchNextPageError: boolean
  readonly fetchNextPage: () => Promise<unknown>
}

/** The next page of a list; nothing when this was the last. */
export function LoadMore({ more, mt = 0 }: { readonly more: More; readonly mt?: 0 | 'sm' }) {
  if (!more.hasNextPage) return null
  return (
    <Button mt={mt} variant="default" loading={more.isFetchingNextPage} onClick={() => void more.fetchNextPage()}>
      {more.isFetchNextPageError ? 'Could not load more: try again' : 'Load more'}
    </Button>
  )
}
