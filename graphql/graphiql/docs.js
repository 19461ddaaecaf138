// The schema as pages: roots, types, search.
import { text } from './words.js'

const typeRef = 'kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }'
const input = `name description defaultValue type { ${typeRef} }`

/** What the explorer needs to know of a schema. */
export const schemaQuery = `{ __schema { queryType { name } mutationType { name } types {
  kind name description enumValues { name description } inputFields { ${input} }
  fields { name description type { ${typeRef} } args { ${input} } }
} } }`

function make(tag, content, className) {
  const e = document.createElement(tag)
  if (className) e.className = className
  e.append(...[content ?? []].flat())
  return e
}

function typeText(type) {
  if (type.kind === 'NON_NULL') return `${typeText(type.ofType)}!`
  if (type.kind === 'LIST') return `[${typeText(type.ofType)}]`
  return type.name
}

function bare(type) {
  return type.ofType ? bare(type.ofType) : type.name
}

/** The explorer in an element; show gives it a schema, or none. */
export function explorer(element) {
  let schema = null
  let trail = []
  const type = (name) => schema.types.find((t) => t.name === name)

  function link(label, name) {
    const a = make('a', label)
    a.tabIndex = 0
    a.role = 'link'
    a.addEventListener('click', () => go([...trail, name]))
    a.addEventListener('keydown', (e) => e.key === 'Enter' && a.click())
    return a
  }

  function member(f) {
    const li = make('li', [make('span', f.name, 'n')])
    if (f.args?.length) {
      li.append('(')
      f.args.forEach((a, i) => li.append(i ? ', ' : '', `${a.name}: `, link(typeText(a.type), bare(a.type)), a.defaultValue === null ? '' : ` = ${a.defaultValue}`))
      li.append(')')
    }
    if (f.type) li.append(': ', link(typeText(f.type), bare(f.type)))
    if (f.description) li.append(make('p', f.description))
    return li
  }

  function list(title, members) {
    return members?.length ? [make('h4', text(title)), make('ul', members.map(member))] : []
  }

  function found(term) {
    const low = term.toLowerCase()
    const hits = []
    for (const t of schema.types) {
      if (t.name.startsWith('__')) continue
      if (t.name.toLowerCase().includes(low)) hits.push(make('li', link(t.name, t.name)))
      for (const f of t.fields ?? t.inputFields ?? []) {
        if (f.name.toLowerCase().includes(low)) hits.push(make('li', [link(t.name, t.name), `.${f.name}`]))
      }
      if (hits.length > 100) break
    }
    return make('ul', hits)
  }

  function page(name) {
    const t = type(name)
    if (!t) return []
    return [make('h3', t.name), t.description ? make('p', t.description) : '',
      ...list('fields', t.fields), ...list('inputs', t.inputFields), ...list('values', t.enumValues)]
  }

  function start() {
    const roots = [schema.queryType, schema.mutationType].filter(Boolean).map((t) => make('li', link(t.name, t.name)))
    const types = schema.types.filter((t) => !t.name.startsWith('__')).map((t) => make('li', link(t.name, t.name)))
    return [make('ul', roots), make('h4', text('types')), make('ul', types)]
  }

  function go(to) {
    trail = to.slice(-8)
    draw()
    element.scrollTop = 0
  }

  function draw() {
    if (!schema) return element.replaceChildren()
    const nav = make('nav')
    ;['', ...trail].forEach((name, i) => {
      const a = link(name || text('start'), name)
      a.addEventListener('click', (e) => { e.stopImmediatePropagation(); go(trail.slice(0, i)) }, { capture: true })
      nav.append(i ? '›' : '', a)
    })
    const search = make('input')
    search.type = 'search'
    search.placeholder = text('search')
    const body = make('div', trail.length ? page(trail.at(-1)) : start())
    search.addEventListener('input', () => {
      body.replaceChildren(...(search.value ? [found(search.value)] : trail.length ? page(trail.at(-1)) : start()))
    })
    element.replaceChildren(nav, search, body)
  }

  return {
    show(to) {
      schema = to
      trail = trail.filter((name) => schema && type(name))
      draw()
    },
    draw,
  }
}
