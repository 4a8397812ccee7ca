import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { addPerson, wholeRole } from '../support/accounts.ts'
import { epssText } from '../support/feeds.ts'
import { addConsole } from './console-estate.ts'
import { addEstate } from './estate.ts'
import { grouped, openScreens, patience, type Screens } from './screens.ts'

let screens: Screens
let tenant: Simulator
let viewer: number
beforeAll(async () => {
  tenant = await startSimulator({ assets: 5, findings: 20, clock: 'real' })
  screens = await openScreens()
  await addEstate(screens.database)
  await addConsole(screens.database)
  viewer = await addPerson(screens.database, 'a viewer', wholeRole('viewer'))
})
afterAll(async () => {
  await screens.close()
  await tenant.stop()
})

const settingsOf = async (id: number) => {
  const { rows } = await screens.database.query<{ settings: Record<string, unknown> }>(
    'select settings from source where source_id = $1',
    [id],
  )
  return rows[0]!.settings
}

describe('Tenable', () => {
  test('a source is added by keyboard alone, tested, and its keys never come out', async () => {
    const page = await screens.open('/settings/integrations/tenable')
    await page.getByText('2 sources connected, all switched on.').waitFor()
    await page.getByRole('link', { name: 'Add a source' }).press('Enter')
    const form = page.getByRole('form', { name: 'Connection' })
    await form.getByLabel('Name').focus()
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.type('By keyboard')
    await tabTo(page, /^Access key/)
    await page.keyboard.type(tenant.accessKey)
    await tabTo(page, /^Secret key/)
    await page.keyboard.type(tenant.secretKey)
    await tabTo(page, /^Address/)
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.type(tenant.url)
    await page.keyboard.press('Enter')
    await page.getByText(/^Connected/).waitFor()
    await page.getByRole('list', { name: 'What the key may do' }).getByText('findings export').waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(/source=3&part=sync/)
    await page.getByRole('article', { name: 'Source By keyboard' }).getByText('Never complete').first().waitFor()
    expect(await page.content()).not.toContain(tenant.secretKey)
    expect(
      await screens.count(`select count(*) from source where name = 'By keyboard' and credentials is not null`),
    ).toBe(1)
    await expect.poll(() => screens.count(`select count(*) from schedule where source_id = 3`), patience).toBe(3)
  })

  test('the name changes without the keys, another address does not', async () => {
    const page = await screens.open('/settings/integrations/tenable?source=3')
    const form = page.getByRole('form', { name: 'Connection' })
    await form
      .getByText(`Leave empty to keep the key ending in ${tenant.accessKey.slice(-4)}`)
      .first()
      .waitFor()
    await form.getByLabel('Name').fill('Renamed')
    await form.getByRole('button', { name: 'Save the connection' }).click()
    await page.getByRole('article', { name: 'Source Renamed' }).waitFor()
    await form.getByRole('button', { name: 'Test connection' }).click()
    await page.getByRole('list', { name: 'What the key may do' }).waitFor()

    await form.getByLabel(/^Address/).fill('https://elsewhere.example.com')
    await form.getByText('enter both keys again together with this change').waitFor()
    await expect.poll(() => form.getByRole('button', { name: 'Save the connection' }).isDisabled(), patience).toBe(true)
    await form.getByLabel(/^Address/).fill(tenant.url)
    await form.getByText('Proxy and certificates').click()
    await form.getByLabel('Proxy').fill('http://me:secret@proxy.example.com:3128')
    await form.getByLabel(/^Access key/).fill(tenant.accessKey)
    await form.getByLabel(/^Secret key/).fill(tenant.secretKey)
    await form.getByRole('button', { name: 'Save the connection' }).click()
    await form.getByText('must not hold a user name or password').first().waitFor()
    await form.getByLabel('Proxy').fill('http://proxy.example.com:3128')
    await form.getByRole('button', { name: 'Save the connection' }).click()
    await form.getByText('Saved.').waitFor()
    await expect.poll(() => settingsOf(3), patience).toEqual({ proxy_url: 'http://proxy.example.com:3128' })
  })

  test('a schedule goes from every four hours to a cron pattern, with a blackout and jitter', async () => {
    const page = await screens.open('/settings/integrations/tenable?source=3&part=sync')
    await page.getByRole('button', { name: 'Change changes' }).click()
    const dialog = page.getByRole('dialog', { name: 'Schedule changes of Renamed' })
    await choose(page, dialog.getByRole('combobox', { name: 'How often' }), 'Daily')
    await dialog.getByLabel('At', { exact: true }).fill('06:30')
    await dialog.getByLabel('Jitter').fill('60')
    await dialog.getByRole('button', { name: 'Add a window' }).click()
    await dialog.getByText('Sun', { exact: true }).click()
    await dialog.getByRole('button', { name: 'Save the schedule' }).click()
    await expect.poll(() => dialog.count()).toBe(0)
    await page.getByText(/reads what changed, daily at 06:30/).waitFor()
    const stored = await screens.database.query(
      `select cron, interval_hours, jitter_seconds, blackout from schedule where source_id = 3 and name = 'changes'`,
    )
    expect(stored.rows).toEqual([
      {
        cron: '30 6 * * *',
        interval_hours: null,
        jitter_seconds: 60,
        blackout: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat'], from: '08:00', to: '18:00' }],
      },
    ])

    await page.getByRole('button', { name: 'Change changes' }).click()
    await choose(page, dialog.getByRole('combobox', { name: 'How often' }), 'Cron pattern')
    await dialog.getByLabel('Pattern').fill('every now and then')
    await dialog.getByRole('button', { name: 'Save the schedule' }).click()
    await dialog.getByRole('alert').waitFor()
    await dialog.getByLabel('Pattern').fill('0 */3 * * mon-fri')
    await dialog.getByRole('button', { name: 'Save the schedule' }).click()
    await page.getByText(/cron 0 \*\/3 \* \* mon-fri/).waitFor()

    await page.getByRole('button', { name: 'Change everything' }).click()
    const whole = page.getByRole('dialog', { name: 'Schedule everything of Renamed' })
    await choose(page, whole.getByRole('combobox', { name: 'How often' }), 'Monthly, on the 1st')
    await whole.getByRole('button', { name: 'Save the schedule' }).click()
    await page.getByText(/on the 1st of each month at 02:00/).waitFor()

    await page.getByRole('button', { name: 'Pause plugins' }).click()
    await page.getByRole('button', { name: 'Resume plugins' }).waitFor()
    await expect
      .poll(() => screens.count('select count(*) from schedule where source_id = 3 and is_paused'), patience)
      .toBe(1)
  })

  test('the scope is saved apart, and the other settings stay', async () => {
    const page = await screens.open('/settings/integrations/tenable?source=3&part=sync')
    const form = page.getByRole('form', { name: 'Scope' })
    await form.getByLabel('Tags').fill('no value')
    await page.keyboard.press('Enter')
    await form.getByText('write a tag as Category:Value').waitFor()
    await page.keyboard.press('Backspace')
    await form.getByLabel('Tags').fill('Env:Prod')
    await page.keyboard.press('Enter')
    await form.getByLabel('Critical').check()
    await form.getByText('The next sync then reads everything.').waitFor()
    await form.getByRole('button', { name: 'Save the scope' }).click()
    await form.getByText('Saved.').waitFor()
    expect(await settingsOf(3)).toEqual({
      proxy_url: 'http://proxy.example.com:3128',
      scope: { tags: [{ key: 'Env', value: 'Prod' }], severities: ['critical'] },
    })
  })

  test('limits move within the vendor’s range, and go back to the server’s own', async () => {
    const page = await screens.open('/settings/integrations/tenable?source=3&part=advanced')
    const form = page.getByRole('form', { name: 'Advanced' })
    const slider = form.getByRole('slider', { name: 'Assets whose findings go into a chunk (assets)' })
    await slider.focus()
    await page.keyboard.press('End')
    await form.getByText('About 1.2 GB a chunk at fifty findings an asset.').waitFor()
    await form.getByRole('textbox', { name: 'Attempts (of one request)' }).fill('7')
    await form.getByRole('button', { name: 'Save the limits' }).click()
    await form.getByText('Saved; the next run follows them.').waitFor()
    await expect
      .poll(() => settingsOf(3), patience)
      .toMatchObject({ vuln_chunk_size: 5_000, retry_max_attempts: 7, scope: {} })
    await form.getByRole('button', { name: 'Assets whose findings go into a chunk as the server has it' }).click()
    await form.getByRole('button', { name: 'Save the limits' }).click()
    await expect.poll(() => settingsOf(3)).not.toHaveProperty('vuln_chunk_size')
  })

  test('a source is switched off and on, and removed with what that ends', async () => {
    const page = await screens.open('/settings/integrations/tenable?source=3')
    const card = page.getByRole('article', { name: 'Source Renamed' })
    await card.getByRole('switch', { name: 'Read Renamed' }).press('Space')
    await card.getByText('Switched off').waitFor()
    await page.getByText('3 sources connected, 2 switched on.').waitFor()
    await page.getByRole('button', { name: 'Remove this source' }).click()
    const dialog = page.getByRole('dialog', { name: 'Remove Renamed?' })
    await dialog.getByText('3 schedules start nothing').waitFor()
    await dialog.getByText('0 assets and 0 findings, with their history').waitFor()
    await dialog.getByRole('button', { name: 'Keep it' }).click()

    await page.goto('/settings/integrations/tenable?source=1')
    await page.getByRole('button', { name: 'Remove this source' }).click()
    const real = page.getByRole('dialog', { name: 'Remove Head office?' })
    const assets = await screens.count('select count(*) from asset where source_id = 1')
    const findings = await screens.count('select count(*) from finding where source_id = 1')
    await real.getByText(`${grouped(assets)} assets and ${grouped(findings)} findings, with their history`).waitFor()
    await real.getByRole('button', { name: 'Keep it' }).click()

    await page.goto('/settings/integrations/tenable?source=3')
    await page.getByRole('button', { name: 'Remove this source' }).click()
    await dialog.getByRole('button', { name: 'Remove the source' }).click()
    await page.getByText('2 sources connected, all switched on.').waitFor()
    await expect
      .poll(() => screens.count('select count(*) from source where source_id = 3 and credentials is null'), patience)
      .toBe(1)
  })

  test('what the environment sets is shown, and not changed here', async () => {
    const page = await screens.open('/settings/integrations/tenable?source=2')
    await page.getByText('Its keys and its address follow the environment').waitFor()
    expect(await page.getByRole('button', { name: 'Save the connection' }).count()).toBe(0)
    expect(await page.getByRole('button', { name: 'Remove this source' }).count()).toBe(0)
    await expect.poll(() => page.getByRole('switch', { name: /^Read Plant/ }).isDisabled(), patience).toBe(true)
    await page.getByRole('tab', { name: 'Sync' }).click()
    await page.getByText('Now limited by 1 tag, 2 of 5 severities.').waitFor()
    await page.getByRole('button', { name: 'Change changes' }).click()
    const dialog = page.getByRole('dialog', { name: /^Schedule changes of Plant/ })
    await dialog.getByText('Its times follow the environment').waitFor()
    await expect.poll(() => dialog.getByRole('combobox', { name: 'How often' }).isDisabled(), patience).toBe(true)
  })

  test('who may not change is told, and by whom that can be granted', async () => {
    const page = await screens.open('/settings/integrations/tenable', { userId: viewer })
    await page.getByText('Changing sources needs the role Administrator. Your role is Viewer').waitFor()
    await page.getByText('key ending in c0de').first().waitFor()
    for (const name of ['Add a source', 'Save the connection', 'Remove this source']) {
      expect(await page.getByRole('button', { name }).count()).toBe(0)
    }
    expect(await page.getByRole('navigation').getByRole('link', { name: 'Audit' }).count()).toBe(0)
    await page.goto('/settings/audit')
    await page.getByText('Your role does not reach this').waitFor()
    await page.getByText('It can be granted by').waitFor()
  })
})

describe('feeds', () => {
  test('a file is loaded, and what came of it stands there', async () => {
    const page = await screens.open('/settings/feeds')
    await page.getByText('This server fetches no feed by itself').waitFor()
    const epss = page.getByRole('form', { name: 'Load EPSS' })
    const text = epssText('2026-11-29', [{ cve: 'CVE-2021-44228', epss: 0.97, percentile: 0.99 }])
    await epss
      .locator('input[type=file]')
      .setInputFiles({ name: 'epss_scores-2026-11-29.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
    await epss.getByRole('button', { name: 'Load EPSS from the file' }).click()
    await epss.getByText('1 CVEs of 2026-11-29. It is the newest there is.').waitFor()
    await page.getByText('epss_scores-2026-11-29.csv').first().waitFor()
    await expect.poll(() => screens.count(`select entries from feed_load where kind = 'epss'`), patience).toBe(1)

    const kev = page.getByRole('form', { name: 'Load KEV' })
    await kev
      .locator('input[type=file]')
      .setInputFiles({ name: 'kev.json', mimeType: 'application/json', buffer: Buffer.from('{"no": "catalogue"}') })
    await kev.getByRole('button', { name: 'Load KEV from the file' }).click()
    await kev.getByRole('alert').waitFor()
  })
})

describe('rules', () => {
  test('what a rule would change is counted before it is saved, and again before it goes', async () => {
    const page = await screens.open('/settings/rules')
    await page.getByText('No rule yet.').waitFor()
    await page.getByRole('button', { name: 'Add a rule' }).click()
    const dialog = page.getByRole('dialog', { name: 'A new rule' })
    await dialog.getByLabel('Name', { exact: false }).first().fill('Production')
    await dialog.getByLabel('Tags').fill('Env:Prod')
    await page.keyboard.press('Enter')
    await dialog.getByLabel('Owner').fill('web-team')
    await dialog.getByRole('button', { name: 'Show what it would change' }).click()
    const matched = await screens.count(`select count(*) from asset_tag where tag_key = 'Env' and tag_value = 'Prod'`)
    const live = await screens.count(
      `select count(*) from asset a join asset_tag t using (asset_id) where t.tag_value = 'Prod' and a.status = 'live'`,
    )
    const preview = dialog.getByRole('status', { name: 'Preview' })
    await preview.waitFor()
    const said = Number(/^([\d,]+) assets would change/.exec((await preview.textContent()) ?? '')?.[1])
    expect([matched, live]).toContain(said)
    await dialog.getByRole('button', { name: 'Add the rule' }).click()
    await page.getByRole('row', { name: /Production.*tag Env:Prod.*web-team/ }).waitFor()
    await expect
      .poll(() => screens.count(`select count(*) from asset_group where owner = 'web-team'`), patience)
      .toBe(said)

    await page.getByRole('button', { name: 'Actions of Production' }).click()
    await page.getByRole('menuitem', { name: 'Remove Production' }).click()
    const asked = page.getByRole('dialog', { name: 'Remove the rule Production?' })
    await asked.getByText(`${grouped(said)} assets`, { exact: true }).waitFor()
    await asked.getByRole('button', { name: 'Remove the rule' }).click()
    await page.getByText('No rule yet.').waitFor()
    await expect.poll(() => screens.count(`select count(*) from asset_group where owner is not null`), patience).toBe(0)
  })

  test('a rule that asks for nothing is refused with the field', async () => {
    const page = await screens.open('/settings/rules')
    await page.getByRole('button', { name: 'Add a rule' }).click()
    const dialog = page.getByRole('dialog', { name: 'A new rule' })
    await dialog.getByLabel('Name', { exact: false }).first().fill('Nothing')
    await dialog.getByLabel('Owner').fill('nobody')
    await dialog.getByRole('button', { name: 'Show what it would change' }).click()
    await dialog
      .getByText(/must ask for something/)
      .first()
      .waitFor()
  })
})

describe('the audit', () => {
  test('events are filtered, opened, and the chain is verified', async () => {
    const page = await screens.open('/settings/audit')
    const all = await screens.count('select count(*) from audit_event')
    await page.getByText(`${grouped(all)} events, each sealed by the next.`).waitFor()
    await page.getByLabel('Action', { exact: true }).fill('source.')
    await page.keyboard.press('Enter')
    await page.waitForURL(/action=source/)
    const some = await screens.count(`select count(*) from audit_event where starts_with(action, 'source.')`)
    await page.getByText(`${grouped(some)} events match, each sealed by the next.`).waitFor()
    const row = page.getByRole('row', { name: /source\.removed/ })
    await row.getByText('name: Renamed').waitFor()
    await row.getByRole('button', { name: /^Details of event/ }).press('Enter')
    await page.getByText(/sealed with [0-9a-f]{64}/).waitFor()
    await page.getByRole('button', { name: 'Export the audit' }).click()
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'NDJSON', exact: true }).click(),
    ])
    const lines = (await readFile(await file.path(), 'utf8')).trim().split('\n')
    expect(lines.map(line => JSON.parse(line).action.startsWith('source.'))).toEqual(Array(some).fill(true))
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Verify the chain' }).click()
    const verdict = page.getByRole('dialog', { name: 'The chain of the audit' })
    const checked = await screens.count('select count(*) from audit_event')
    await verdict.getByText(`The trail is whole: ${grouped(checked)} events`).waitFor()
  })
})

describe('the SLA', () => {
  const overdue = (severity: string, days: number) =>
    screens.count(
      `select count(*) from finding f join asset a using (asset_id)
       where a.status = 'live' and a.is_licensed is not false and a.is_tracked is not false
         and f.state <> 'fixed' and f.ended_at is null and f.severity = $1
         and coalesce(f.resurfaced_date, f.first_found) < now() - make_interval(days => $2)`,
      [severity, days],
    )

  test('by keyboard alone: a limit is changed after its effect was counted, and holds at once', async () => {
    const page = await screens.open('/settings/sla')
    const row = page.getByRole('row', { name: /^Critical/ })
    const [before, after] = [await overdue('critical', 15), await overdue('critical', 2)]
    expect(after).toBeGreaterThan(before)
    await row.getByRole('link', { name: grouped(before), exact: true }).waitFor()
    await tabTo(page, 'Days that critical may stay open')
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.type('2')
    await page.getByText(`${grouped(after - before)} more than now.`).waitFor()
    await row.getByText(`▲ +${grouped(after - before)}`).waitFor()
    await expect.poll(() => screens.count(`select days from sla where severity = 'critical'`), patience).toBe(15)
    await page.keyboard.press('Enter')
    await row.getByText(/^by /).waitFor()
    await row.getByRole('link', { name: grouped(after), exact: true }).waitFor()
    await expect.poll(() => screens.count(`select days from sla where severity = 'critical'`), patience).toBe(2)
    await page.getByRole('button', { name: 'As it came' }).press('Enter')
    await page.getByRole('button', { name: 'Save the limits' }).press('Enter')
    await expect.poll(() => screens.count(`select days from sla where severity = 'critical'`)).toBe(15)
    await expect
      .poll(() => screens.count(`select count(*) from audit_event where action = 'sla.changed'`), patience)
      .toBe(2)
  })

  test('who may not change it reads the limits and what they make overdue', async () => {
    const page = await screens.open('/settings/sla', { userId: viewer })
    await page.getByText('Changing the limits needs the role Administrator. Your role is Viewer').waitFor()
    await page.getByRole('row', { name: /^Critical 15 days/ }).waitFor()
    expect(await page.getByRole('button', { name: 'Save the limits' }).count()).toBe(0)
  })
})

describe('retention', () => {
  test('a rule is changed for a class of data', async () => {
    const page = await screens.open('/settings/retention')
    await page.getByRole('switch', { name: 'finding_event for ever' }).click()
    await page.getByRole('textbox', { name: 'Days of finding_event' }).fill('730')
    await page.getByRole('button', { name: 'Save finding_event' }).click()
    await expect
      .poll(() => screens.count(`select keep_days from retention_rule where class = 'finding_event'`))
      .toBe(730)
    await expect.poll(() => page.getByRole('button', { name: 'Save finding_event' }).count()).toBe(0)
  })
})

/** Walks with Tab until the field of that label has the keyboard. */
async function tabTo(page: Page, label: RegExp | string): Promise<void> {
  const field = page.getByLabel(label)
  for (let steps = 0; steps < 40; steps++) {
    await page.keyboard.press('Tab')
    if (await field.evaluate(element => element === document.activeElement)) return
  }
  throw new Error(`Tab does not reach ${String(label)}`)
}

async function choose(page: Page, box: ReturnType<Page['getByRole']>, option: string): Promise<void> {
  await box.click()
  await page.getByRole('option', { name: option, exact: true }).click()
}
