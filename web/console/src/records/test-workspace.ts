import { Workspace } from '../objects/model'
import type { FieldMeta, ObjectMeta } from '../objects/model'

/** A small workspace for tests of pure functions. */

export function field(name: string, kind: FieldMeta['kind'], more: Partial<FieldMeta> = {}): FieldMeta {
  return {
    name,
    kind,
    package: 'crm',
    label: [
      { lang: 'en', text: name.toUpperCase() },
      { lang: 'zh', text: `中${name}` },
    ],
    system: false,
    required: false,
    writable: true,
    filterable: true,
    sortable: !['json', 'geoPoint', 'address', 'multiSelect', 'longText', 'richText'].includes(kind),
    maxLength: null,
    precision: null,
    scale: null,
    target: null,
    targets: [],
    onDelete: null,
    filled: (more.default ?? null) !== null,
    maxFiles: 0,
    default: null,
    maxRating: null,
    help: [],
    options: [],
    ...more,
  }
}

export function object(name: string, plural: string, fields: FieldMeta[], more: Partial<ObjectMeta> = {}): ObjectMeta {
  const system = [
    field('id', 'id', { system: true, writable: false }),
    field('version', 'integer', { system: true, writable: false }),
  ]
  return {
    name,
    plural,
    package: 'crm',
    label: [],
    pluralLabel: [],
    title: 'name',
    system: false,
    canCreate: true,
    canUpdate: true,
    canDelete: true,
    fields: [...system, ...fields],
    relations: [],
    ...more,
  }
}

const option = (name: string) => ({ name, label: [], color: null })

export const account = object('account', 'accounts', [
  field('name', 'text', { required: true }),
  field('region', 'select', { options: [option('N'), option('S')] }),
  field('parent', 'lookup', { target: 'account' }),
  field('secretOf', 'lookup', { target: 'hidden' }),
])

export const user = object('user', 'users', [field('name', 'text')])

export const opportunity = object('opportunity', 'opportunities', [
  field('name', 'text', { required: true }),
  field('account', 'lookup', { target: 'account' }),
  field('owner', 'user', { target: 'user', system: true }),
  field('stage', 'select', { options: [option('OPEN'), option('WON')] }),
  field('amount', 'currency'),
  field('seats', 'integer'),
  field('rate', 'decimal'),
  field('closeDate', 'date'),
  field('nextCallAt', 'dateTime'),
  field('hot', 'boolean'),
  field('masked', 'text', { filterable: false }),
])

export const workspace = new Workspace({
  principal: 'user:u1',
  userId: 'u1',
  name: 'Ada',
  email: null,
  roles: [],
  admin: false,
  workspace: 'main',
  objects: [account, opportunity, user],
})
