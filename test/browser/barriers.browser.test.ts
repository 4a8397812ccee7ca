import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ruleOf } from '../support/groups.ts'
import { addConsole } from './console-estate.ts'
import { addEstate } from './estate.ts'
import {
  changeTheme,
  expectNoBarriers,
  expectNoSidewaysScroll,
  openScreens,
  type PageOptions,
  type Scheme,
  type Screens,
  widths,
} from './screens.ts'

let screens: Screens
let empty: Screens
const visitors = new Map<string, { readonly page: Page; view: View | undefined }>()
beforeAll(async () => {
  screens = await openScreens()
  await addEstate(screens.database, { lastRun: 'running' })
  await addConsole(screens.database)
  await ruleOf(screens.database, { name: 'Web', owner: 'web-team', group: 'web', conditions: { tag: ['Env:Prod'] } })
  empty = await openScreens()
})
afterAll(async () => {
  await screens.close()
  await empty.close()
})

interface View {
  readonly name: string
  readonly path: string
  readonly isEmpty?: boolean
  readonly isStranger?: boolean
  /** Brings the page into the state that is looked at. */
  readonly ready: (page: Page) => Promise<void>
}

const shown = (text: string | RegExp) => (page: Page) => page.getByText(text).first().waitFor()

const views: readonly View[] = [
  { name: 'overview', path: '/', ready: shown(/open findings/) },
  { name: 'vulnerabilities', path: '/vulnerabilities/tenable', ready: shown(/shown/) },
  {
    name: 'a filter',
    path: '/vulnerabilities/tenable?severity=critical&is_kev=true',
    ready: shown('match this filter.'),
  },
  { name: 'no finding', path: '/vulnerabilities/tenable?q=no-such-thing', ready: shown('No findings match') },
  { name: 'a finding', path: '/vulnerabilities/tenable/9.100004.1.tcp', ready: shown('not witnessed') },
  { name: 'assets', path: '/assets/tenable', ready: shown(/shown/) },
  { name: 'an asset', path: '/assets/tenable/60', ready: shown('Seen and scanned') },
  { name: 'an error', path: '/assets/tenable/4711', ready: page => page.getByRole('alert').waitFor() },
  { name: 'no device yet', path: '/devices', ready: shown('No device yet.') },
  { name: 'no pair yet', path: '/reconciliation', ready: shown('There is nothing to compare yet.') },
  { name: 'the quality of the data', path: '/reconciliation?tab=quality', ready: shown('Nothing was counted yet.') },
  { name: 'sync', path: '/admin/tenable/sync', ready: shown('Working now') },
  { name: 'a run', path: '/admin/tenable/sync/1', ready: shown('Rows read') },
  { name: 'rejected records', path: '/admin/tenable/sync?tab=rejected', ready: shown('plugin.id is missing') },
  {
    name: 'charts of runs',
    path: '/admin/tenable/sync?tab=charts',
    ready: page => page.getByRole('img', { name: /^Rows read: \d+ bars/ }).waitFor(),
  },
  { name: 'sweeps', path: '/admin/tenable/sync?tab=sweeps', ready: shown('waits for a decision') },
  { name: 'a connection', path: '/settings/integrations/tenable', ready: shown('How to make the keys') },
  { name: 'schedules and scope', path: '/settings/integrations/tenable?part=sync', ready: shown('Next:') },
  { name: 'limits', path: '/settings/integrations/tenable?part=advanced', ready: shown('Exports at once') },
  {
    name: 'a source of the environment',
    path: '/settings/integrations/tenable?source=2',
    ready: shown('follow the environment'),
  },
  { name: 'feeds', path: '/settings/feeds', ready: shown('None was loaded yet') },
  { name: 'rules', path: '/settings/rules', ready: shown('web-team') },
  { name: 'the SLA', path: '/settings/sla', ready: shown(/overdue\.$/) },
  { name: 'the audit', path: '/settings/audit', ready: shown('each sealed by the next') },
  { name: 'retention', path: '/settings/retention', ready: shown('Kept for ever') },
  { name: 'people', path: '/settings/users', ready: page => page.getByLabel('People', { exact: true }).waitFor() },
  { name: 'tokens', path: '/settings/tokens', ready: shown('No token yet.') },
  { name: 'the own account', path: '/settings/account', ready: shown('this one') },
  {
    name: 'signing in',
    path: '/login?refused=oidc_no_role&request=abc',
    isStranger: true,
    ready: shown('You were not signed in'),
  },
  { name: 'a link without its end', path: '/setup', isStranger: true, ready: shown('Open the whole link') },
  { name: 'no such page', path: '/nowhere', ready: shown('There is no page at this address.') },
  { name: 'the first run', path: '/', isEmpty: true, ready: shown('How to make the keys') },
  { name: 'nothing yet', path: '/assets/tenable', isEmpty: true, ready: shown('Nothing has been read yet.') },
]

const opened: readonly View[] = [
  {
    name: 'the filters',
    path: '/vulnerabilities/tenable',
    ready: async page => {
      await page.getByRole('button', { name: 'Filters' }).click()
      await page.getByRole('dialog', { name: 'Filters' }).waitFor()
    },
  },
  {
    name: 'the keyboard help',
    path: '/',
    ready: async page => {
      await page
        .getByText(/open findings/)
        .first()
        .waitFor()
      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
    },
  },
  {
    name: 'the sources',
    path: '/',
    ready: async page => {
      await page.getByRole('button', { name: /^Sources/ }).click()
      await page.getByRole('dialog', { name: 'Sources' }).waitFor()
    },
  },
  {
    name: 'a question before stopping',
    path: '/admin/tenable/sync',
    ready: async page => {
      await page.getByRole('button', { name: 'Stop all' }).click()
      await page.getByRole('dialog', { name: 'Stop every run?' }).waitFor()
    },
  },
  {
    name: 'a question before a sweep',
    path: '/admin/tenable/sync',
    ready: async page => {
      await page.getByRole('button', { name: 'End them' }).click()
      await page.getByRole('dialog', { name: /^End 3 assets/ }).waitFor()
    },
  },
  {
    name: 'a custom run',
    path: '/admin/tenable/sync',
    ready: async page => {
      await page.getByRole('button', { name: 'Custom run of Head office' }).click()
      await page.getByRole('dialog', { name: 'A run of Head office' }).waitFor()
    },
  },
  {
    name: 'a schedule that is changed',
    path: '/settings/integrations/tenable?part=sync',
    ready: async page => {
      await page.getByRole('button', { name: 'Change everything' }).click()
      await page.getByRole('dialog', { name: 'Schedule everything of Head office' }).waitFor()
    },
  },
  {
    name: 'a question before a source goes',
    path: '/settings/integrations/tenable',
    ready: async page => {
      await page.getByRole('button', { name: 'Remove this source' }).click()
      await page.getByRole('dialog').getByText('with their history').waitFor()
    },
  },
  {
    name: 'a rule that is previewed',
    path: '/settings/rules',
    ready: async page => {
      await page.getByRole('button', { name: 'Actions of Web' }).click()
      await page.getByRole('menuitem', { name: 'Change Web' }).click()
      await page.getByRole('button', { name: 'Show what it would change' }).click()
      await page.getByRole('status', { name: 'Preview' }).waitFor()
    },
  },
  {
    name: 'the verdict on the audit',
    path: '/settings/audit',
    ready: async page => {
      await page.getByRole('button', { name: 'Verify the chain' }).click()
      await page.getByText('The trail is whole').waitFor()
    },
  },
  {
    name: 'what other limits would make overdue',
    path: '/settings/sla',
    ready: async page => {
      await page.getByRole('textbox', { name: 'Days that critical may stay open' }).fill('1')
      await page.getByText(/would be overdue/).waitFor()
    },
  },
  {
    name: 'an event of the audit that is opened',
    path: '/settings/audit',
    ready: async page => {
      await page
        .getByRole('button', { name: /^Details of event/ })
        .first()
        .click()
      await page.getByText(/sealed with [0-9a-f]{64}/).waitFor()
    },
  },
  {
    name: 'the account menu',
    path: '/',
    ready: async page => {
      await page.getByRole('button', { name: /^Account/ }).click()
      await page.getByRole('menu').waitFor()
    },
  },
  {
    name: 'adding a person',
    path: '/settings/users',
    ready: async page => {
      await page.getByRole('button', { name: 'Add a person' }).click()
      await page.getByRole('dialog', { name: 'Add a person' }).waitFor()
    },
  },
  {
    name: 'the export menu',
    path: '/assets/tenable',
    ready: async page => {
      await page.getByRole('button', { name: 'Export' }).click()
      await page.getByRole('menu').waitFor()
    },
  },
  {
    name: 'the palette',
    path: '/',
    ready: async page => {
      await shown(/open findings/)(page)
      await page.keyboard.press('Control+k')
      await page.keyboard.type('srv-06')
      await page.getByRole('option', { name: /srv-060/ }).waitFor()
    },
  },
  {
    name: 'the columns',
    path: '/assets/tenable',
    ready: async page => {
      await page.getByRole('button', { name: 'Columns' }).click()
      await page.getByRole('dialog', { name: 'Columns' }).waitFor()
    },
  },
  {
    name: 'chosen rows and the menu of one',
    path: '/assets/tenable',
    ready: async page => {
      await page.getByRole('checkbox', { name: 'Choose all rows shown' }).click()
      await page.getByRole('region', { name: 'Chosen rows' }).waitFor()
      await page
        .getByRole('button', { name: /^Actions of/ })
        .first()
        .click()
      await page.getByRole('menu').waitFor()
    },
  },
  {
    name: 'saving a view',
    path: '/assets/tenable?cloud=aws',
    ready: async page => {
      await page.getByRole('button', { name: 'Views' }).click()
      await page.getByRole('menuitem', { name: 'Save this view…' }).click()
      await page.getByRole('dialog', { name: 'Save this view' }).waitFor()
    },
  },
  {
    name: 'the theme menu',
    path: '/',
    ready: async page => {
      await page.getByRole('button', { name: /^Theme/ }).click()
      await page.getByRole('menu').waitFor()
    },
  },
]

for (const view of [...views, ...opened]) {
  for (const scheme of ['light', 'dark'] as const) {
    test(`${view.name} has no barriers in the ${scheme} theme`, async () => {
      const page = await visit(view, { width: widths.desk }, scheme)
      await expectNoBarriers(page, scheme === 'light' ? 'all' : 'colours')
    })
  }
}

for (const view of views) {
  test(`${view.name} fits a phone in both themes`, async () => {
    const page = await visit(view, { width: widths.phone })
    await expectNoSidewaysScroll(page)
    await expectNoBarriers(page)
    await changeTheme(page, 'dark')
    await expectNoBarriers(page, 'colours')
  })
}

test('one text that is too pale is found among many that are not', async () => {
  const page = await visit(views.find(view => view.name === 'assets')!, { width: widths.desk })
  await page.getByRole('cell', { name: '10.0.0.50' }).evaluate(cell => {
    cell.style.color = '#ccc'
  })
  await expect(expectNoBarriers(page, 'colours')).rejects.toThrow(/color-contrast at/)
  await page.getByRole('cell', { name: '10.0.0.50' }).evaluate(cell => cell.removeAttribute('style'))
})

/** One visitor for each width goes from view to view, as people do, and looks at each in one theme and then the other. */
async function visit(view: View, options: PageOptions, scheme: Scheme = 'light'): Promise<Page> {
  const visitor = JSON.stringify([view.isEmpty, view.isStranger, options])
  let known = visitors.get(visitor)
  if (!known) {
    const page = await (view.isEmpty ? empty : screens).open(view.path, {
      ...options,
      ...(view.isStranger ? { userId: null } : {}),
    })
    known = { page, view: undefined }
    visitors.set(visitor, known)
  } else if (known.view !== view) {
    known.view = undefined
    await known.page.goto(view.path)
  }
  const { page } = known
  if (known.view !== view) await view.ready(page)
  known.view = view
  await changeTheme(page, scheme)
  return page
}
