import type { Condition, Operator } from './model'

/**
 * Conditions as they stand in an address: `account.region:in:N,S`, one search
 * parameter `f` each, so that a filtered list can be shared and undone with
 * Back. A backslash takes the meaning from the comma or backslash behind it.
 */

const operators: Record<Operator, true> = {
  contains: true,
  startsWith: true,
  endsWith: true,
  eq: true,
  ne: true,
  lt: true,
  lte: true,
  gt: true,
  gte: true,
  between: true,
  in: true,
  notIn: true,
  on: true,
  before: true,
  after: true,
  period: true,
  isTrue: true,
  isFalse: true,
  me: true,
  empty: true,
  notEmpty: true,
}

function isOperator(text: string): text is Operator {
  return Object.hasOwn(operators, text)
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll(',', '\\,')
}

function splitValues(text: string): string[] {
  const values: string[] = []
  let current = ''
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    if (char === '\\' && i + 1 < text.length) current += text.charAt(++i)
    else if (char === ',') {
      values.push(current)
      current = ''
    } else current += char
  }
  values.push(current)
  return values
}

export function writeCondition({ path, op, values }: Condition): string {
  const head = `${path.join('.')}:${op}`
  return values.length === 0 ? head : `${head}:${values.map(escapeValue).join(',')}`
}

const shape = /^([a-zA-Z0-9]+(?:\.[a-zA-Z0-9]+)?):([a-zA-Z]+)(?::([\s\S]*))?$/

/** Reads one condition; null when it is not one. */
export function readCondition(text: string): Condition | null {
  const match = shape.exec(text)
  const [, path, op, values] = match ?? []
  if (path === undefined || op === undefined || !isOperator(op)) return null
  return { path: path.split('.'), op, values: values === undefined ? [] : splitValues(values) }
}

export function readConditions(texts: string[]): Condition[] {
  return texts.map(readCondition).filter((condition) => condition !== null)
}
