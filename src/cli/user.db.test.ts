import { afterAll, beforeAll, expect, test } from 'vitest'
import { tenfoldHere } from '../../test/support/command-here.ts'
import { openSetting, type Setting, withoutKeys } from '../../test/support/command-line.ts'

let setting: Setting
beforeAll(async () => {
  setting = await openSetting()
})
afterAll(() => setting.close())

const run = (...args: string[]) => tenfoldHere(['user', ...args], withoutKeys(setting.environment))

test('people are made, listed, given links and tokens, and switched off, by whoever has the machine', async () => {
  expect((await run('list')).stdout).toContain('Nobody yet.')
  const made = await run('create', 'alice', '--role', 'admin', '--json')
  expect(made.code).toBe(0)
  expect(made.json()).toMatchObject({
    user: { user_name: 'alice', grants: [{ role: 'admin', tenant_id: null }] },
    link: expect.stringMatching(/\/setup#[\w-]{43}$/),
  })
  const narrow = await run(
    'create',
    'owner',
    '--tag',
    'Env:Prod',
    '--tag',
    'Owner:Ann',
    '--tenant',
    'default',
    '--json',
  )
  expect(narrow.json()).toMatchObject({ user: { grants: [{ role: 'viewer', tags: ['Env:Prod', 'Owner:Ann'] }] } })
  const listed = await run('list')
  expect(listed.stdout).toMatch(
    /alice .*no password yet.*admin everywhere\nowner .*viewer in default tags Env:Prod, Owner:Ann/,
  )
  expect((await run('reset-link', 'alice')).stdout).toMatch(/alice can choose a new password here, once/)
  expect((await run('token', 'alice', '--scope', 'read,sync', '--json')).json()).toMatchObject({
    token: expect.stringMatching(/^tnf_/),
    view: { scopes: ['read', 'sync'] },
  })
  expect((await run('disable', 'owner')).stdout).toContain('owner is switched off.')
  expect((await run('enable', 'owner')).stdout).toContain('owner is switched on.')
}, 120_000)

const refused = [
  { name: 'a name that is taken', args: ['create', 'ALICE'], exit: 2, code: 'user_name_taken' },
  { name: 'a source that there is not', args: ['create', 'x', '--source', 'Nowhere'], exit: 2, code: 'bad_grant' },
  { name: 'somebody who is not there', args: ['reset-link', 'nobody'], exit: 1, code: 'user_not_found' },
  { name: 'the last administrator', args: ['disable', 'alice'], exit: 2, code: 'last_admin' },
  { name: 'a role that there is not', args: ['create', 'x', '--role', 'king'], exit: 2, code: 'bad_usage' },
]
for (const { name, args, exit, code } of refused) {
  test(`${name} is refused as ${code}`, async () => {
    const answer = await run(...args, '--json')
    expect([answer.code, (answer.json() as { error: { code: string } }).error.code]).toEqual([exit, code])
  })
}
