import type { TokenView } from '../../../../contract/accounts.ts'
import type { Fact } from '../../../components/facts.tsx'
import { Ago, At } from '../../../components/instant.tsx'
import cards from '../../../components/list/card.module.css'
import type { Column } from '../../../components/list/column.ts'
import { OutsideName } from '../../../components/outside-text.tsx'

export const tokenColumns: readonly Column<TokenView>[] = [
  {
    id: 'name',
    header: 'Name',
    likes: 240,
    cell: token => (
      <span title={token.name}>
        <OutsideName text={token.name} />
      </span>
    ),
    text: token => token.name,
  },
  {
    id: 'prefix',
    header: 'Begins with',
    width: 150,
    cell: token => <span className="mono">{token.prefix}</span>,
    text: token => token.prefix,
  },
  {
    id: 'scopes',
    header: 'Scopes',
    width: 170,
    cell: token => token.scopes.join(', '),
    text: token => token.scopes.join(', '),
  },
  {
    id: 'expires_at',
    header: 'Expires',
    width: 130,
    cell: token => <Expiry token={token} />,
    text: token => (token.revoked_at === null ? token.expires_at : 'revoked'),
  },
  {
    id: 'last_used_at',
    header: 'Last used',
    width: 108,
    cell: token => <Ago at={token.last_used_at} fallback="never" />,
    text: token => token.last_used_at,
  },
  {
    id: 'created_at',
    header: 'Made',
    width: 108,
    from: 800,
    cell: token => <Ago at={token.created_at} />,
    text: token => token.created_at,
  },
]

export function tokenFacts(token: TokenView): readonly Fact[] {
  return [
    ['Name', <OutsideName key="name" text={token.name} />],
    ['Made', <At key="made" at={token.created_at} />],
    ['Expires', <Expiry key="expires" token={token} />],
    ['Last used', <Ago key="used" at={token.last_used_at} fallback="never" />],
  ]
}

/** What matters of a token where there is no room for columns. */
export function TokenCard({ token }: { token: TokenView }) {
  return (
    <div>
      <div className={cards.title}>
        <strong>
          <OutsideName text={token.name} />
        </strong>
      </div>
      <div className={cards.line}>
        <span className="mono">{token.prefix}</span>
        <span>{token.scopes.join(', ')}</span>
      </div>
      <div className={cards.line}>
        <span className="dim">
          {token.revoked_at === null && 'expires '}
          <Expiry token={token} />
        </span>
        <span className="dim">
          used <Ago at={token.last_used_at} fallback="never" />
        </span>
      </div>
    </div>
  )
}

function Expiry({ token }: { token: TokenView }) {
  if (token.revoked_at !== null) return <>revoked</>
  return <At at={token.expires_at} />
}
