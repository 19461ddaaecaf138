import { chromium } from 'playwright-core'

/** Chromium without its own traffic, since tests run where only the server under test can be reached. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags })
}

/**
 * A page of its own, with cookies and storage of its own, that keeps note of
 * everything that must not happen: errors in the page, requests to other hosts.
 * @param {import('playwright-core').Browser} browser
 * @param {string} base
 */
export async function newPage(browser, base) {
  const context = await browser.newContext({ baseURL: base, locale: 'en-US', viewport: { width: 1360, height: 860 } })
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  /** @type {string[]} */
  const faults = []
  page.on('pageerror', (error) => faults.push(`error in the page: ${error.message}`))
  page.on('console', (message) => {
    // Refused sign-ins and operations answer with a status that the browser logs.
    if (message.type() === 'error' && !message.text().includes('Failed to load resource')) faults.push(message.text())
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol.startsWith('http') && url.origin !== new URL(base).origin) faults.push(`request to ${url.origin}`)
  })
  return { page, faults }
}

/**
 * @param {import('playwright-core').Page} page
 * @param {{ email: string, password: string }} who
 */
export async function signIn(page, who) {
  await page.fill('input[name=email]', who.email)
  await page.fill('input[name=password]', who.password)
  await page.click('button[type=submit]')
  await page.getByRole('navigation').waitFor()
}

/**
 * The number of records that a list tells, once it has settled.
 * @param {import('playwright-core').Page} page
 */
export async function total(page) {
  const text = await page.getByTestId('total').innerText()
  return Number(text.replaceAll(/\D/g, ''))
}
