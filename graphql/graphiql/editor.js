// A text area with coloured text behind it.

const graphql = /(#[^\n]*)|("""[\s\S]*?(?:"""|$)|"(?:\\.|[^"\\\n])*"?)|(\$[A-Za-z_]\w*|@[A-Za-z_]\w*)|(\b(?:query|mutation|fragment|on|true|false|null)\b)|(-?\b\d[\d.eE+-]*)|([A-Za-z_]\w*)/g
const json = /(#\b\B)|("(?:\\.|[^"\\\n])*"?)|(#\b\B)|(\b(?:true|false|null)\b)|(-?\b\d[\d.eE+-]*)|(#\b\B)/g
const classes = ['c', 's', 'v', 'w', 'd', 'n']

/** Writes code into an element, coloured. Text stays text: nothing is parsed as HTML. */
export function paint(element, code, kind) {
  const parts = []
  let at = 0
  for (const m of code.matchAll(kind === 'json' ? json : graphql)) {
    if (m.index > at) parts.push(code.slice(at, m.index))
    const span = document.createElement('span')
    span.className = classes[m.slice(1).findIndex((g) => g !== undefined)]
    if (kind === 'json' && span.className === 's' && /^\s*:/.test(code.slice(m.index + m[0].length, m.index + m[0].length + 20))) span.className = 'n'
    span.textContent = m[0]
    parts.push(span)
    at = m.index + m[0].length
  }
  parts.push(code.slice(at))
  element.replaceChildren(...parts)
}

const pairs = { '{': '}', '(': ')', '[': ']' }

/** An editor in a div; onChange gets the text. */
export function editor(element, kind, label, value, onChange) {
  const back = document.createElement('pre')
  const area = document.createElement('textarea')
  back.ariaHidden = 'true'
  area.spellcheck = false
  area.autocapitalize = 'off'
  area.ariaLabel = label
  element.append(back, area)
  const show = () => {
    paint(back, area.value + '\n', kind)
    area.style.width = `${Math.max(element.clientWidth, back.scrollWidth)}px`
    area.style.height = `${Math.max(element.clientHeight, back.scrollHeight)}px`
    onChange(area.value)
  }
  const insert = (before, after = '') => {
    const { selectionStart: from, selectionEnd: to } = area
    area.setRangeText(before + area.value.slice(from, to) + after, from, to, 'end')
    area.selectionStart = from + before.length
    area.selectionEnd = to + before.length
    show()
  }
  area.addEventListener('input', show)
  area.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return
    if (e.key === 'Enter') {
      e.preventDefault()
      const line = area.value.slice(0, area.selectionStart).split('\n').pop()
      const indent = line.match(/^\s*/)[0]
      if (/[{([]\s*$/.test(line)) insert(`\n${indent}  `, /^\s*[})\]]/.test(area.value.slice(area.selectionEnd)) ? `\n${indent}` : '')
      else insert(`\n${indent}`)
    } else if (e.key in pairs && area.selectionStart === area.selectionEnd) {
      e.preventDefault()
      insert(e.key, pairs[e.key])
    }
  })
  new ResizeObserver(show).observe(element)
  const set = (to) => {
    area.value = to
    show()
  }
  set(value)
  return { get: () => area.value, set, focus: () => area.focus() }
}

/** Indents GraphQL by its braces; strings and comments stay as they are. */
export function tidy(code) {
  let depth = 0
  return code.split('\n').map((line) => {
    const bare = line.trim().replace(/"(?:\\.|[^"\\])*"|#.*/g, '')
    const closing = (bare.match(/^[})\]]+/)?.[0] ?? '').length
    const out = '  '.repeat(Math.max(0, depth - closing)) + line.trim()
    for (const c of bare) depth = Math.max(0, depth + ('{(['.includes(c) ? 1 : '})]'.includes(c) ? -1 : 0))
    return out.trimEnd()
  }).join('\n').replace(/\n{3,}/g, '\n\n')
}
