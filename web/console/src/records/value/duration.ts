/**
 * Durations as people type and read them ("1d 2h 30m") and as the data API has
 * them (ISO 8601, of weeks to seconds). A day is 24 hours.
 */

const iso = /^(-?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

export function formatDuration(text: string): string {
  const match = iso.exec(text)
  if (!match) return text
  const [, sign = '', ...numbers] = match
  const units = ['w', 'd', 'h', 'm', 's']
  const words = numbers.flatMap((number, index) => (number && Number(number) !== 0 ? [`${number}${units[index] ?? ''}`] : []))
  return words.length === 0 ? '0m' : sign + words.join(' ')
}

const typed = /^(-?)\s*(?:(\d+)\s*w)?\s*(?:(\d+)\s*d)?\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+(?:\.\d+)?)\s*s)?$/i
const clock = /^(-?)(\d+):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?$/

/** Reads "1h 30m", "1:30" (hours and minutes) or ISO 8601; null for anything else. */
export function parseDuration(text: string): string | null {
  const plain = text.normalize('NFKC').trim().replaceAll('周', 'w').replaceAll('天', 'd').replaceAll(/小时|时/g, 'h').replaceAll(/分钟|分/g, 'm').replaceAll('秒', 's')
  if (plain === '') return null
  if (iso.test(plain) && /\d/.test(plain)) return plain
  const hours = clock.exec(plain)
  if (hours) return build(hours[1], [undefined, undefined, hours[2], hours[3], hours[4]])
  const words = typed.exec(plain)
  return words && /\d/.test(plain) ? build(words[1], words.slice(2)) : null
}

function build(sign: string | undefined, [weeks, days, hours, minutes, seconds]: (string | undefined)[]): string {
  const part = (number: string | undefined, unit: string) => (number === undefined || Number(number) === 0 ? '' : `${number}${unit}`)
  const time = part(hours, 'H') + part(minutes, 'M') + part(seconds, 'S')
  const date = part(weeks, 'W') + part(days, 'D')
  return `${sign ?? ''}P${date}${time === '' ? (date === '' ? 'T0S' : '') : `T${time}`}`
}
