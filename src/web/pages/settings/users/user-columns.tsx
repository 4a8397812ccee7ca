import type { TenantList, UserView } from '../../../../contract/accounts.ts'
import type { Fact } from '../../../components/facts.tsx'
import { Ago, At } from '../../../components/instant.tsx'
import cards from '../../../components/list/card.module.css'
import type { Column } from '../../../components/list/column.ts'
import { OutsideName } from '../../../components/outside-text.tsx'
import { count } from '../../../lib/format.ts'
import { grantText } from '../../../lib/roles.ts'

export function userColumns(tenants: TenantList): readonly Column<UserView>[] {
  return [
    {
      id: 'display_name',
      header: 'Name',
      likes: 200,
      cell: user => (
        <span title={user.display_name}>
          <Name user={user} />
        </span>
      ),
      text: user => user.display_name,
    },
    {
      id: 'user_name',
      header: 'User name',
      width: 160,
      wide: 220,
      cell: user => (
        <span title={user.user_name}>
          <OutsideName text={user.user_name} />
        </span>
      ),
      text: user => user.user_name,
    },
    {
      id: 'roles',
      header: 'Roles',
      likes: 260,
      cell: user => {
        const text = rolesOf(user, tenants).join('; ')
        return text === '' ? <span className="dim">none</span> : <span title={text}>{text}</span>
      },
      text: user => rolesOf(user, tenants).join('; '),
    },
    {
      id: 'way_in',
      header: 'Signs in with',
      width: 206,
      from: 800,
      cell: user => wayIn(user),
      text: user => wayIn(user),
    },
    {
      id: 'last_sign_in_at',
      header: 'Last signed in',
      width: 120,
      cell: user => <Ago at={user.last_sign_in_at} fallback="never" />,
      text: user => user.last_sign_in_at,
    },
    {
      id: 'tokens',
      header: 'Tokens',
      hint: 'API tokens that work',
      width: 80,
      isNumber: true,
      from: 980,
      cell: user => count(user.tokens),
      text: user => user.tokens,
    },
    {
      id: 'sessions',
      header: 'Sessions',
      hint: 'Browsers signed in',
      width: 84,
      isNumber: true,
      from: 980,
      cell: user => count(user.sessions),
      text: user => user.sessions,
    },
    {
      id: 'created_at',
      header: 'Added',
      width: 108,
      isExtra: true,
      cell: user => <Ago at={user.created_at} />,
      text: user => user.created_at,
    },
  ]
}

/** Every role in a line of its own. */
export function userFacts(user: UserView, tenants: TenantList): readonly Fact[] {
  return [
    ['User name', <OutsideName key="name" text={user.user_name} />],
    ['Roles', <Roles key="roles" roles={rolesOf(user, tenants)} />],
    ['Signs in with', wayIn(user)],
    ['Last signed in', <At key="last" at={user.last_sign_in_at} fallback="never" />],
    ['Added', <At key="added" at={user.created_at} />],
    ['Browsers signed in', count(user.sessions)],
    ['API tokens', count(user.tokens)],
  ]
}

/** What matters of a person where there is no room for columns. */
export function UserCard({ user, tenants }: { user: UserView; tenants: TenantList }) {
  return (
    <div>
      <div className={cards.title}>
        <Name user={user} />
      </div>
      <div className={cards.line}>
        <Roles roles={rolesOf(user, tenants)} />
      </div>
      <div className={cards.line}>
        <span className="dim">{wayIn(user)}</span>
        <span className="dim">
          <Ago at={user.last_sign_in_at} fallback="never" />
        </span>
      </div>
    </div>
  )
}

function Name({ user }: { user: UserView }) {
  return (
    <>
      <strong>
        <OutsideName text={user.display_name} />
      </strong>
      {user.is_disabled && <span className="dim"> (switched off)</span>}
    </>
  )
}

function Roles({ roles }: { roles: readonly string[] }) {
  if (roles.length === 0) return <span className="dim">none</span>
  return (
    <div>
      {roles.map(role => (
        <div key={role}>{role}</div>
      ))}
    </div>
  )
}

function rolesOf(user: UserView, tenants: TenantList): string[] {
  const nameOf = (id: number) =>
    tenants.items.flatMap(tenant => tenant.sources).find(source => source.id === id)?.name ?? `source ${id}`
  return user.grants.map(grant => grantText(grant, nameOf))
}

function wayIn(user: UserView): string {
  if (user.is_from_provider) return 'identity provider'
  return user.has_password ? 'password' : 'nothing yet: give the link'
}
