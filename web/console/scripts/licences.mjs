// Lists the licences of all packages that are installed, and exits with 1 when
// one is not permissive: the console is shipped under Apache-2.0.
import { readFile } from 'node:fs/promises'

const permissive = new Set([
  '0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'CC-BY-4.0', 'CC0-1.0', 'ISC', 'MIT', 'MIT-0', 'Python-2.0', 'Unlicense',
])
// Weak copyleft that is used to build and of which nothing is shipped.
const buildOnly = new Set(['MPL-2.0'])

const root = new URL('..', import.meta.url)
const lock = JSON.parse(await readFile(new URL('package-lock.json', root), 'utf8'))

/** @type {Map<string, string[]>} */
const found = new Map()
/** @type {string[]} */
const refused = []
for (const [path, entry] of Object.entries(lock.packages)) {
  if (path === '') continue
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  const licence = String(entry.license ?? 'unknown')
  found.set(licence, [...(found.get(licence) ?? []), name])
  const fine = licence.split(/ OR | AND |[()]/).filter((part) => part !== '').some((part) => permissive.has(part))
  if (!fine && !(entry.dev === true && buildOnly.has(licence))) refused.push(`${name}: ${licence}`)
}
for (const [licence, names] of [...found].sort((a, b) => b[1].length - a[1].length)) {
  console.log(`${String(names.length).padStart(4)}  ${licence}${names.length <= 4 ? `  (${names.join(', ')})` : ''}`)
}
if (refused.length > 0) {
  console.error(`not permissive:\n  ${refused.join('\n  ')}`)
  process.exit(1)
}
