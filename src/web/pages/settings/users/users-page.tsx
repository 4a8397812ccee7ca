import { Button, Modal } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { TenantList, UserView } from '../../../../contract/accounts.ts'
import { WholeList, WholeListSkeleton } from '../../../components/list/whole-list.tsx'
import { PageFrame, SentenceSkeleton } from '../../../components/page.tsx'
import { ProblemView } from '../../../components/problem-view.tsx'
import { QueryView } from '../../../components/query-view.tsx'
import { tenantsQuery, usersQuery } from '../../../lib/account-queries.ts'
import { api } from '../../../lib/api.ts'
import { counted } from '../../../lib/format.ts'
import { ShownOnce } from '../shown-once.tsx'
import { UserCard, userColumns, userFacts } from './user-columns.tsx'
import { UserDialog, type UserQuestion } from './user-dialog.tsx'
import { UserForm } from './user-form.tsx'
import { useMakeResetLink } from './user-mutations.ts'

interface MadeLink {
  readonly userName: string
  readonly path: string
}

/** Who may sign in, and what each may do. */
export function UsersPage() {
  const users = useQuery(usersQuery)
  const tenants = useQuery(tenantsQuery)
  const [isAdding, setIsAdding] = useState(false)
  const [link, setLink] = useState<MadeLink>()
  return (
    <PageFrame
      title="People and roles"
      sentence={
        users.data
          ? `${counted(users.data.items.length, 'account')}; roles add up, and each can be narrowed.`
          : !users.error && <SentenceSkeleton />
      }
      actions={
        tenants.data && (
          <Button size="sm" onClick={() => setIsAdding(true)}>
            Add a person
          </Button>
        )
      }
    >
      {link && (
        <ShownOnce title={`A link for ${link.userName}`} secret={window.location.origin + link.path}>
          Give it to the person: it works once, within a day, and is shown only now.
        </ShownOnce>
      )}
      <QueryView query={users} skeleton={<WholeListSkeleton rows={4} />}>
        {data => (
          <QueryView query={tenants} skeleton={<WholeListSkeleton rows={4} />}>
            {known => <People users={data.items} tenants={known} onLink={setLink} />}
          </QueryView>
        )}
      </QueryView>
      <Modal
        opened={isAdding}
        onClose={() => setIsAdding(false)}
        size="lg"
        title="Add a person"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {tenants.data && (
          <UserForm
            tenants={tenants.data}
            onSaved={(userName, path) => {
              setIsAdding(false)
              if (path !== undefined) setLink({ userName, path })
            }}
          />
        )}
      </Modal>
    </PageFrame>
  )
}

interface PeopleProps {
  readonly users: readonly UserView[]
  readonly tenants: TenantList
  readonly onLink: (link: MadeLink) => void
}

function People({ users, tenants, onLink }: PeopleProps) {
  const [question, setQuestion] = useState<UserQuestion>()
  const reset = useMakeResetLink(onLink)
  const columns = useMemo(() => userColumns(tenants), [tenants])
  const actsOf = (user: UserView) => {
    const { user_name: name } = user
    const ask = (about: UserQuestion['about']) => () => setQuestion({ user, about })
    return [
      { label: 'Roles', name: `Roles of ${name}`, onAct: ask('roles') },
      ...(user.is_ours
        ? [
            {
              label: 'Reset link',
              name: `Reset link for ${name}`,
              isBusy: reset.isPending && reset.variables.id === user.id,
              onAct: () => reset.mutate(user),
            },
            {
              label: user.is_disabled ? 'Switch on' : 'Switch off',
              name: `Switch ${name} ${user.is_disabled ? 'on' : 'off'}`,
              onAct: ask('switch'),
            },
            { label: 'Remove', name: `Remove ${name}`, onAct: ask('remove') },
          ]
        : []),
    ]
  }
  return (
    <>
      {reset.error && <ProblemView error={reset.error} />}
      <WholeList
        page="users"
        label="People"
        columns={columns}
        rows={users}
        rowKey={user => String(user.id)}
        rowName={user => user.user_name}
        card={user => <UserCard user={user} tenants={tenants} />}
        acts={actsOf}
        facts={user => userFacts(user, tenants)}
        exportLabel="Export people"
        href={format => api.url('exportUsers', { query: { format } })}
      />
      {question && <UserDialog question={question} tenants={tenants} onClose={() => setQuestion(undefined)} />}
    </>
  )
}
