/** The text of an HTML fragment, without running or loading anything of it. */
export function plainText(html: string): string {
  const body = new DOMParser().parseFromString(html, 'text/html').body
  return (body.textContent ?? '').replaceAll(/\s+/g, ' ').trim()
}
