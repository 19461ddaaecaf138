// The page: an editor, its variables, the answer, and the schema as pages. It
// asks no host but its own.
import { editor, paint, tidy } from './editor.js'
import { explorer, schemaQuery } from './docs.js'
import { language, setLanguage, text } from './words.js'

const at = (id) => document.getElementById(id)
const stored = (name) => localStorage.getItem(`graphiql.${name}`)
const keep = (name) => (value) => localStorage.setItem(`graphiql.${name}`, value)
const slot = () => (at('endpoint').value === '/graphql' ? 'data' : 'admin')

setLanguage(language)
at('language').value = language
at('endpoint').value = stored('endpoint') ?? '/graphql'

const queryEditor = editor(at('query'), 'graphql', 'Query', stored(`query.${slot()}`) ?? text('example'), (v) => keep(`query.${slot()}`)(v))
const variablesEditor = editor(at('variables'), 'json', 'Variables', stored('variables') ?? '', keep('variables'))
const docs = explorer(at('docs'))

async function ask(query, variables) {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/graphql-response+json, application/json' }
  const key = at('key').value.trim()
  if (key) headers.Authorization = `Bearer ${key}`
  return fetch(at('endpoint').value, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
}

async function run() {
  let variables
  try {
    variables = JSON.parse(variablesEditor.get().trim() || 'null')
    if (typeof variables !== 'object' || Array.isArray(variables)) throw new Error()
  } catch {
    paint(at('result'), text('badVariables'), 'json')
    return
  }
  at('status').value = text('waiting')
  const from = performance.now()
  try {
    const response = await ask(queryEditor.get(), variables)
    const body = await response.text()
    at('status').value = `${response.status} · ${Math.round(performance.now() - from)} ms · ${(body.length / 1024).toFixed(1)} KB`
    let shown = body
    // An answer that is no JSON (from a proxy, say) is shown as it came.
    try { shown = JSON.stringify(JSON.parse(body), null, 2) } catch { /* as it came */ }
    if (response.status === 401) shown += `\n\n${text('signIn')}`
    paint(at('result'), shown, 'json')
  } catch {
    at('status').value = ''
    paint(at('result'), text('failed'), 'json')
  }
}

async function loadSchema() {
  try {
    const answer = await (await ask(schemaQuery)).json()
    docs.show(answer.data?.__schema ?? null)
  } catch {
    docs.show(null)
  }
}

at('run').addEventListener('click', run)
at('tidy').addEventListener('click', () => queryEditor.set(tidy(queryEditor.get())))
at('key').addEventListener('change', loadSchema)
at('toggle').addEventListener('click', () => keep('docs')(document.body.classList.toggle('with-docs')))
at('endpoint').addEventListener('change', () => {
  keep('endpoint')(at('endpoint').value)
  queryEditor.set(stored(`query.${slot()}`) ?? text('example'))
  loadSchema()
})
at('language').addEventListener('change', () => {
  setLanguage(at('language').value)
  docs.draw()
})
document.addEventListener('keydown', (e) => {
  if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
    e.preventDefault()
    run()
  }
})

document.body.classList.toggle('with-docs', stored('docs') !== 'false')
loadSchema()
queryEditor.focus()
