// Walks through the console as people do, in a real browser against a real
// server. Settings come from the environment:
//
//   BASE_URL                         where the server is
//   ADMIN_EMAIL,   ADMIN_PASSWORD    who sees everything
//   OTHER_EMAIL,   OTHER_PASSWORD    who sees fewer accounts and not HIDDEN_FIELD
//   HIDDEN_FIELD                     a field of account, creditLimit unless told
//   VETO_MESSAGE                     what the plugin says of an account without a
//                                    country; unset when no plugin is installed
//   CHROMIUM                         /usr/bin/chromium unless told
//   SCREENSHOTS                      a folder for a picture of each failure
//
// Prints a line per step, and exits with 1 when one failed.
import assert from 'node:assert/strict'
import { launch, newPage, signIn, total } from './browser.mjs'

/** @param {string} name @param {string} [otherwise] */
function setting(name, otherwise) {
  const value = process.env[name] ?? otherwise
  if (value === undefined) {
    console.error(`${name} is not set`)
    process.exit(2)
  }
  return value
}

const base = setting('BASE_URL')
const admin = { email: setting('ADMIN_EMAIL'), password: setting('ADMIN_PASSWORD') }
const other = { email: setting('OTHER_EMAIL'), password: setting('OTHER_PASSWORD') }
const hiddenField = setting('HIDDEN_FIELD', 'creditLimit')
const veto = process.env['VETO_MESSAGE']

const browser = await launch()
/** @type {string[]} */
const failed = []
let passed = 0

/**
 * @param {string} name
 * @param {import('playwright-core').Page} page
 * @param {() => Promise<void>} walk
 */
async function step(name, page, walk) {
  const start = Date.now()
  try {
    await walk()
    passed++
    console.log(`ok    ${name} (${Date.now() - start} ms)`)
  } catch (error) {
    failed.push(name)
    console.log(`FAIL  ${name}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n      at ${page.url()}`)
    const folder = process.env['SCREENSHOTS']
    if (folder) await page.screenshot({ path: `${folder}/${name.replaceAll(/\W+/g, '-')}.png` }).catch(() => undefined)
  }
}

const { page, faults } = await newPage(browser, base)
/** A name that no other run has used. */
const name = `Console walk ${Date.now().toString(36)}`

await step('sign-in is asked for, refuses, and leads back to where one wanted to go', page, async () => {
  await page.goto('/o/accounts?sort=name')
  await page.waitForURL(/\/sign-in\?/)
  await page.fill('input[name=email]', admin.email)
  await page.fill('input[name=password]', 'not the password')
  await page.click('button[type=submit]')
  await page.getByRole('alert').waitFor()
  await signIn(page, admin)
  await page.waitForURL(/\/o\/accounts\?sort=name$/)
  await page.getByRole('heading', { name: 'Accounts', level: 1 }).waitFor()
})

await step('a record is created and shown', page, async () => {
  await page.goto('/o/accounts/new')
  await page.locator('#field-name').fill(name)
  await page.locator('#field-country').fill('SE')
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('heading', { name, level: 1 }).waitFor()
})

await step('the list finds it by a filter that stands in the address, and Back undoes it', page, async () => {
  await page.goto('/o/accounts')
  const all = await total(page)
  await page.keyboard.press('/')
  await page.getByLabel('Value').fill(name)
  await page.getByRole('button', { name: 'Apply' }).click()
  await page.waitForURL(/\?f=name:contains:/)
  await page.getByTestId('chip').waitFor()
  await page.getByRole('link', { name, exact: true }).waitFor()
  await page.getByText('1 record', { exact: true }).waitFor()
  await page.reload()
  await page.getByRole('link', { name, exact: true }).waitFor()
  assert.equal(await total(page), 1)
  await page.goBack()
  await page.getByTestId('chip').waitFor({ state: 'detached' })
  await page.getByTestId('total').getByText(/^(?!1 record$)/).waitFor()
  assert.equal(await total(page), all)
})

await step('a list without matches says so and can be cleared', page, async () => {
  await page.goto('/o/accounts?f=name:eq:nobody%20is%20called%20this')
  await page.getByRole('heading', { name: 'Nothing matches these filters' }).waitFor()
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await page.waitForURL(/\/o\/accounts$/)
})

await step('lists are sorted and paged', page, async () => {
  await page.goto('/o/contacts?size=25')
  await page.getByRole('table').waitFor()
  await page.getByRole('button', { name: 'Name', exact: true }).click()
  await page.waitForURL(/sort=name/)
  await page.getByRole('columnheader', { name: 'Name' }).and(page.locator('[aria-sort=ascending]')).waitFor()
  const first = await page.getByTestId('range').innerText()
  await page.getByRole('button', { name: 'Next page' }).click()
  await page.waitForURL(/after=/)
  await page.getByText(/^26–/).waitFor()
  await page.getByRole('button', { name: 'Previous page' }).click()
  await page.getByText(first, { exact: true }).waitFor()
})

await step('columns are chosen and kept', page, async () => {
  await page.goto('/o/accounts')
  await page.getByRole('table').waitFor()
  await page.getByRole('button', { name: 'Columns' }).click()
  await page.getByRole('checkbox', { name: 'Created at' }).check()
  await page.getByRole('columnheader', { name: 'Created at' }).waitFor()
  await page.reload()
  await page.getByRole('columnheader', { name: 'Created at' }).waitFor()
})

/**
 * A field on the page of a record; the cells of a list, which may still be there, are others.
 * @param {import('playwright-core').Page} on
 * @param {string} field
 */
const shown = (on, field) => on.locator(`[data-field=${field}]:not(td)`)

/** Opens the account made above. */
async function openAccount() {
  await page.goto(`/o/accounts?f=name:eq:${encodeURIComponent(name)}`)
  await page.getByRole('link', { name, exact: true }).click()
  await page.getByRole('heading', { name, level: 1 }).waitFor()
}

await step('a record is edited in place', page, async () => {
  await openAccount()
  await page.getByRole('button', { name: 'Edit' }).click()
  await page.locator('#field-email').fill('edited@example.com')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('edited@example.com').waitFor()
  await page.getByRole('button', { name: 'Edit' }).waitFor()
  await page.reload()
  await page.getByText('edited@example.com').waitFor()
})

if (veto !== undefined) {
  await step('a plugin refuses an account without a country, at the field and in its words', page, async () => {
    await openAccount()
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.locator('#field-country').fill('')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByTestId('error-country').waitFor()
    assert.equal(await page.getByTestId('error-country').innerText(), veto)
    await page.locator('#field-country').fill('NO')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Edit' }).waitFor()
  })
}

await step('two people who change one record are told, and nothing is lost', page, async () => {
  const second = await newPage(browser, base)
  await openAccount()
  await page.getByRole('button', { name: 'Edit' }).click()
  await second.page.goto(page.url())
  await signIn(second.page, admin)
  await second.page.getByRole('button', { name: 'Edit' }).click()
  await second.page.locator('#field-email').fill('theirs@example.com')
  await second.page.getByRole('button', { name: 'Save' }).click()
  await second.page.getByRole('button', { name: 'Edit' }).waitFor()
  await page.locator('#field-email').fill('mine@example.com')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Someone changed this record meanwhile').waitFor()
  await page.getByRole('button', { name: 'Load the current version' }).click()
  await page.getByText('Meanwhile changed to: theirs@example.com').waitFor()
  assert.equal(await page.locator('#field-email').inputValue(), 'mine@example.com')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Edit' }).waitFor()
  await page.getByText('mine@example.com').waitFor()
  await second.page.context().close()
})

await step('a record is deleted, and brought back by undo', page, async () => {
  await openAccount()
  const url = page.url()
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.waitForURL(url)
  await page.getByRole('heading', { name, level: 1 }).waitFor()
})

await step('an empty related list begins a record, which is then listed and linked', page, async () => {
  await openAccount()
  const url = page.url()
  await page.getByTestId('empty-lists').getByRole('button').first().click()
  await page.locator('[data-relation=activities]').click()
  await page.getByRole('heading', { name: 'New activity', level: 1 }).waitFor()
  assert.equal(await page.locator('#field-about').inputValue(), name)
  await page.locator('#field-subject').fill(`Call of ${name}`)
  await page.locator('#field-kind').click()
  await page.getByRole('option', { name: 'Call', exact: true }).click()
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('heading', { name: `Call of ${name}`, level: 1 }).waitFor()
  await shown(page, 'about').getByRole('link', { name, exact: true }).click()
  await page.waitForURL(url)
  await page.locator('section[data-relation=activities]').getByRole('link', { name: `Call of ${name}` }).waitFor()
  await page.locator('section[data-relation=activities]').getByRole('link', { name: 'Show all' }).click()
  await page.waitForURL(/f=about\.account:in:/)
  await page.getByText('1 record', { exact: true }).waitFor()
})

await step('records are linked and unlinked', page, async () => {
  await page.getByRole('link', { name: `Call of ${name}` }).click()
  await page.getByRole('heading', { name: `Call of ${name}`, level: 1 }).waitFor()
  await page.getByRole('button', { name: 'Edit' }).click()
  await page.locator('#field-contacts').click()
  const option = page.getByRole('option').first()
  const contact = await option.innerText()
  await option.click()
  await page.getByRole('button', { name: 'Save' }).click()
  await shown(page, 'contacts').getByRole('link', { name: contact }).waitFor()
  await page.getByRole('button', { name: 'Edit' }).click()
  await page.locator('#field-contacts').focus()
  await page.keyboard.press('Backspace')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Edit' }).waitFor()
  assert.equal(await shown(page, 'contacts').getByRole('link').count(), 0)
})

await step('an object is found by its name in either language, without a mouse', page, async () => {
  await page.goto('/')
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.keyboard.press('g')
  await page.keyboard.type('订单明细')
  await page.getByRole('navigation').getByRole('link', { name: 'Order lines' }).waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/o\/orderLines$/)
  await page.getByRole('heading', { name: 'Order lines', level: 1 }).waitFor()
})

await step('the language is switched and kept', page, async () => {
  await page.goto('/o/accounts')
  await page.getByRole('button', { name: 'Your account' }).click()
  await page.getByText('中文').click()
  await page.getByRole('heading', { name: '客户', level: 1 }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: '客户', level: 1 }).waitFor()
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: '我的账号' }).click()
  await page.getByText('English').click()
  await page.getByRole('heading', { name: 'Accounts', level: 1 }).waitFor()
})

await step('what is not there and what one may not see is the same page', page, async () => {
  for (const path of ['/o/nothing', '/o/accounts/not-an-id', '/o/accounts/00000000-0000-7000-8000-000000000000']) {
    await page.goto(path)
    await page.getByRole('heading', { name: 'Nothing to see here' }).waitFor()
  }
})

/**
 * Counts accounts as both people see them: all of them, or, where the server
 * stops counting, those with a name from some part of the alphabet.
 * @param {import('playwright-core').Page} one
 * @param {import('playwright-core').Page} two
 * @returns {Promise<[number, number]>}
 */
async function compare(one, two) {
  for (const path of ['/o/accounts', ...['c', 'a', 's', 'm'].map((letter) => `/o/accounts?f=name:startsWith:${letter}`)]) {
    await Promise.all([one.goto(path), two.goto(path)])
    const [all, some] = await Promise.all([total(one), total(two)])
    if (all > 0 && all < 10_000) return [all, some]
  }
  throw new Error('every list is too long to count')
}

await step('another person sees fewer accounts and fewer fields', page, async () => {
  await openAccount()
  const url = page.url()
  await shown(page, hiddenField).waitFor()
  const view = await newPage(browser, base)
  await view.page.goto('/o/accounts')
  await signIn(view.page, other)
  const [all, some] = await compare(page, view.page)
  assert.ok(some < all, `sees ${some} of ${all}`)
  await view.page.goto(`/o/accounts?f=name:eq:${encodeURIComponent(name)}`)
  await view.page.getByRole('heading', { name: 'Nothing matches these filters' }).waitFor()
  await view.page.goto('/o/accounts')
  await view.page.getByRole('button', { name: 'Columns' }).click()
  await view.page.getByRole('checkbox').first().waitFor()
  assert.equal(await view.page.locator(`input[type=checkbox][value=${hiddenField}]`).count(), 0)
  await view.page.goto(url)
  await view.page.getByRole('heading', { name: 'Nothing to see here' }).waitFor()
  if (some > 0) {
    await view.page.goto('/o/accounts')
    await view.page.locator('tbody a').first().click()
    await view.page.waitForURL(/\/o\/accounts\/[0-9a-f-]{36}/)
    await shown(view.page, 'name').waitFor()
    assert.equal(await shown(view.page, hiddenField).count(), 0)
  }
  assert.deepEqual(view.faults, [])
  await view.page.context().close()
})

await step('a session that ends leads to the sign-in and back', page, async () => {
  await page.goto('/o/accounts')
  await page.getByRole('table').waitFor()
  await page.context().clearCookies()
  await page.getByRole('link', { name: 'Contacts', exact: true }).click()
  await page.waitForURL(/\/sign-in\?.*expired/)
  await signIn(page, admin)
  await page.waitForURL(/\/o\/contacts/)
})

await step('signing out ends the session', page, async () => {
  await page.getByRole('button', { name: 'Your account' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.waitForURL(/\/sign-in/)
  await page.goto('/o/accounts')
  await page.waitForURL(/\/sign-in\?to=/)
})

await step('no page had an error or asked another host', page, async () => {
  assert.deepEqual(faults, [])
})

await browser.close()
console.log(`${passed} passed, ${failed.length} failed`)
process.exit(failed.length > 0 ? 1 : 0)
