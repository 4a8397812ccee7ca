import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSetupLink } from '../../src/store/accounts/links.ts'
import { addPerson, givePassword, wholeRole } from '../support/accounts.ts'
import { addEstate } from './estate.ts'
import { openScreens, patience, type Screens } from './screens.ts'

const password = 'seven quiet herons wade'

let screens: Screens
beforeAll(async () => {
  screens = await openScreens()
  await addEstate(screens.database)
})
afterAll(() => screens.close())

const signIn = async (page: Page, userName: string, typed = password) => {
  await page.getByLabel('User name').fill(userName)
  await page.getByLabel(/^Password/).fill(typed)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

test('from the set-up link to the first account, and a second person with a narrowed role', async () => {
  const { token } = (await makeSetupLink(screens.database))!
  const page = await screens.open('/assets/tenable?tag=Env', { userId: null })
  await page.getByText('There is no account yet', { exact: true }).waitFor()
  await page.goto(`/setup#${token.reveal()}`)
  await page.getByRole('heading', { name: 'Make the first account' }).waitFor()
  expect(page.url()).not.toContain(token.reveal())
  await page.getByLabel('User name').fill('root')
  await page.getByLabel(/^New password/).fill(password)
  await page.getByLabel(/^The same again/).fill('something else here')
  await page.getByText('The two are not the same').waitFor()
  await page.getByLabel(/^The same again/).fill(password)
  await page.getByRole('button', { name: 'Make the account' }).click()
  await page.getByRole('button', { name: 'Account: root' }).click()
  await page.getByText('Administrator').waitFor()

  await page.getByRole('menuitem', { name: 'People and roles' }).click()
  await page.getByRole('button', { name: 'Add a person' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add a person' })
  await dialog.getByLabel(/^User name/).fill('owner')
  await dialog.getByLabel('Only assets with one of these tags').fill('Env:Prod')
  await page.keyboard.press('Enter')
  await dialog.getByRole('button', { name: 'Add the person' }).click()
  await page.getByText('A link for owner').waitFor()
  const link = (await page.getByText(/\/setup#/).textContent()) ?? ''
  await page.getByRole('row', { name: /owner.*Viewer with tag Env:Prod/ }).waitFor()

  const theirs = await screens.open('/login', { userId: null })
  await theirs.goto(new URL(link).pathname + new URL(link).hash)
  await theirs.getByRole('heading', { name: 'Choose a password' }).waitFor()
  await theirs.getByLabel(/^New password/).fill(password)
  await theirs.getByLabel(/^The same again/).fill(password)
  await theirs.getByRole('button', { name: 'Save the password' }).click()
  const open = await screens.count(`
    select sum(case when f.state <> 'fixed' and f.ended_at is null then 1 else 0 end)
    from finding f join asset a using (asset_id) join asset_tag g using (asset_id)
    where g.tag_key = 'Env' and g.tag_value = 'Prod' and a.status = 'live'
      and a.is_licensed is not false and a.is_tracked is not false`)
  await theirs.getByRole('link', { name: `${open.toLocaleString('en')} open findings` }).waitFor()
  await theirs.goto('/settings/users')
  await theirs.getByText('Your role does not reach this').first().waitFor()
  await theirs.getByText('It can be granted by root').first().waitFor()
})

test('signing in leads back to where one was going, and out again', async () => {
  await givePassword(screens.database, await addPerson(screens.database, 'ann', wholeRole('operator')), password)
  const page = await screens.open('/vulnerabilities/tenable?severity=critical', { userId: null })
  await signIn(page, 'ann', 'not her password at all')
  await page.getByText('The user name or the password is wrong.').waitFor()
  await signIn(page, 'ann')
  await page.waitForURL(/\/vulnerabilities\/tenable\?severity=critical$/)
  await page.getByText(/shown/).first().waitFor()

  // The session ends elsewhere while the page is open.
  await screens.database.query('delete from session')
  await page.keyboard.press('g')
  await page.keyboard.press('a')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect(page.url()).toContain('return_to=')
  await signIn(page, 'ann')
  await page.getByRole('button', { name: 'Account: ann' }).click()
  await page.getByRole('menuitem', { name: 'Sign out', exact: true }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await expect.poll(() => screens.count('select count(*) from session'), patience).toBe(0)
})

test('a token is shown once, used, and revoked', async () => {
  const page = await screens.open('/settings/tokens')
  await page.getByLabel('What it is for').fill('weekly report')
  await page.getByRole('button', { name: 'Make the token' }).click()
  const token = (await page.getByText(/^tnf_\w{8}_/).textContent()) ?? ''
  const asked = await fetch(`${screens.url}/api/auth/me`, { headers: { authorization: `Bearer ${token}` } })
  expect(asked.status).toBe(200)
  await page.reload()
  await page.getByRole('row', { name: /weekly report/ }).waitFor()
  expect(await page.content()).not.toContain(token)
  await page.getByRole('button', { name: 'Actions of weekly report' }).click()
  await page.getByRole('menuitem', { name: 'Revoke weekly report' }).click()
  await page.getByRole('button', { name: 'Revoke the token' }).click()
  await page.getByText('revoked').waitFor()
})

test('a person is switched off and on, and gets a new link', async () => {
  await addPerson(screens.database, 'bob', wholeRole('viewer'))
  const page = await screens.open('/settings/users')
  await page.getByRole('button', { name: 'More of bob' }).click()
  await page.getByRole('button', { name: 'Switch bob off' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Switch off' }).click()
  await page.getByRole('button', { name: 'Switch bob on' }).waitFor()
  await page.getByRole('button', { name: 'Reset link for bob' }).click()
  await page.getByText('A link for bob').waitFor()
  await page.getByRole('button', { name: 'Roles of bob' }).click()
  const dialog = page.getByRole('dialog', { name: 'Roles of bob' })
  await dialog.getByRole('combobox', { name: 'Role' }).click()
  await page.getByRole('option', { name: 'Analyst' }).click()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page
    .getByRole('row', { name: /bob.*Analyst/ })
    .first()
    .waitFor()

  // The list is one like the others: an order and views, keys, a row's menu, a file of what it shows.
  const sorted = page.getByRole('columnheader', { name: 'User name' })
  await sorted.getByRole('button').click()
  await page.waitForURL('**/settings/users?sort=user_name')
  await sorted.getByRole('button').click()
  await page.waitForURL('**/settings/users?sort=-user_name')
  const { rows } = await screens.database.query<{ user_name: string }>(
    'select user_name from app_user order by user_name desc',
  )
  const names = page.getByRole('table', { name: 'People' }).getByRole('cell')
  // Nobody here is displayed by another name: each is there twice.
  const shown = async () => (await names.allInnerTexts()).filter(text => rows.some(row => row.user_name === text))
  await expect.poll(async () => [...new Set(await shown())], patience).toEqual(rows.map(row => row.user_name))
  await page.getByRole('button', { name: 'Views' }).click()
  await page.getByRole('menuitem', { name: 'Save this view…' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('Last first')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('button', { name: 'View: Last first' }).waitFor()
  await page.keyboard.press('e')
  const file = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: 'CSV', exact: true }).click()
  const lines = (await readFile(await (await file).path(), 'utf8')).trimEnd().split('\r\n')
  expect(lines.length).toBe(1 + (await screens.count('select count(*) from app_user')))
  expect(lines.find(line => line.includes(',bob,'))).toContain('analyst')
})
