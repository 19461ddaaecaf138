const palette = new Set([
  'gray', 'red', 'pink', 'grape', 'violet', 'indigo', 'blue', 'cyan', 'teal', 'green', 'lime', 'yellow', 'orange',
])

const aliases: Record<string, string> = { grey: 'gray', purple: 'grape', amber: 'yellow', emerald: 'teal', sky: 'cyan' }

/** The colour of an option, from a name that metadata may hold; grey for none or an unknown one. */
export function colorOf(name: string | null | undefined): string {
  const known = aliases[name ?? ''] ?? name ?? ''
  return palette.has(known) ? known : 'gray'
}
