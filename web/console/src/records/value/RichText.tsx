import { Fragment, useMemo } from 'react'
import type { ReactNode } from 'react'

/** What a rich text may show; the content of other elements is shown without them. */
const shown = new Set(['p', 'br', 'b', 'strong', 'i', 'em', 'u', 's', 'ul', 'ol', 'li', 'h1', 'h2', 'h3', 'h4', 'blockquote', 'pre', 'code', 'table', 'thead', 'tbody', 'tr', 'td', 'th'])
const dropped = new Set(['script', 'style', 'template', 'iframe', 'object'])
const maxDepth = 30

function render(node: Node, key: number, depth: number): ReactNode {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent
  if (!(node instanceof Element) || depth > maxDepth) return null
  const tag = node.tagName.toLowerCase()
  if (dropped.has(tag)) return null
  const children = [...node.childNodes].map((child, index) => render(child, index, depth + 1))
  if (tag === 'a' && /^(https?|mailto):/.test(node.getAttribute('href') ?? '')) {
    return (
      <a key={key} href={node.getAttribute('href') ?? ''} target="_blank" rel="noopener noreferrer">
        {children}
      </a>
    )
  }
  if (!shown.has(tag)) return <Fragment key={key}>{children}</Fragment>
  const Tag = tag as 'p'
  return tag === 'br' ? <br key={key} /> : <Tag key={key}>{children}</Tag>
}

/** HTML as elements that are known to be harmless: the server cleans it too, but what is shown does not rest on that. */
export function RichText({ html }: { html: string }) {
  const content = useMemo(() => [...new DOMParser().parseFromString(html, 'text/html').body.childNodes].map((node, index) => render(node, index, 0)), [html])
  return <div data-rich>{content}</div>
}
