import { expect, it } from 'vitest'
import { en } from './en'
import { zh } from './zh'

type Tree = { readonly [key: string]: string | Tree }

function leaves(tree: Tree, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[`${path}${key}`, value]] : leaves(value, `${path}${key}.`),
  )
}

const slots = (text: string) => (text.match(/{{\w+}}/g) ?? []).sort()
const chinese = new Map(leaves(zh))

it.each(leaves(en))('%s says the same in both languages', (key, text) => {
  const other = chinese.get(key)
  expect(other).toBeTruthy()
  expect(slots(other ?? '')).toEqual(slots(text))
})
