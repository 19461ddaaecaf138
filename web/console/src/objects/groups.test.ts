import { describe, expect, it } from 'vitest'
import { field, object } from '../records/test-workspace'
import { findObjects, groupObjects, standing } from './groups'

const owner = field('owner', 'user', { system: true, target: 'user' })
const label = (en: string, zh: string) => [
  { lang: 'en', text: en },
  { lang: 'zh', text: zh },
]
const order = object('order', 'orders', [owner], { pluralLabel: label('Orders', '订单'), label: label('Order', '订单') })
const line = object('orderLine', 'orderLines', [field('order', 'lookup', { target: 'order', required: true, onDelete: 'cascade' })], {
  pluralLabel: label('Order lines', '订单明细'),
})
const product = object('product', 'products', [field('category', 'lookup', { target: 'category', required: true, onDelete: 'restrict' })], {
  pluralLabel: label('Products', '产品'),
})
const task = object('task', 'tasks', [owner, field('about', 'polymorphic', { required: true, onDelete: 'cascade' })], { pluralLabel: label('Tasks', '任务') })
const user = object('user', 'users', [], { system: true, pluralLabel: label('Users', '用户') })
const reorder = object('reorder', 'reorders', [owner], { pluralLabel: label('Reorders', '补货单') })
const all = [order, line, product, task, user, reorder]

describe('where objects stand', () => {
  it.each([
    [order, 'main'],
    [line, 'parts'],
    [product, 'base'],
    [task, 'main'],
    [user, 'people'],
  ] as const)('%#: %s', (given, want) => expect(standing(given)).toBe(want))

  it('is listed by label in the language in use', () => {
    expect(groupObjects(all, 'en').main.map(({ name }) => name)).toEqual(['order', 'reorder', 'task'])
    expect(Object.values(groupObjects(all, 'zh')).flat()).toHaveLength(all.length)
  })
})

describe('finding objects', () => {
  const names = (text: string) => findObjects(all, text).map(({ name }) => name)
  it('knows both languages, the names, and what begins with the text first', () => {
    expect(names('订单')).toEqual(['order', 'orderLine'])
    expect(names('ORDER')).toEqual(['order', 'orderLine', 'reorder'])
    expect(names('reor')).toEqual(['reorder'])
    expect(names('order line')).toEqual(['orderLine'])
    expect(names('orderLines')).toEqual(['orderLine'])
    expect(names('nothing')).toEqual([])
    expect(names(' ')).toHaveLength(all.length)
  })
})
