import type { FieldPartsFragment, ObjectPartsFragment, ViewerQuery } from '../gen/admin'

export type Viewer = ViewerQuery['viewer']
export type ObjectMeta = ObjectPartsFragment
export type FieldMeta = FieldPartsFragment
export type FieldKind = FieldMeta['kind']
export type RelationMeta = ObjectMeta['relations'][number]
export type OptionMeta = FieldMeta['options'][number]
export type Labels = ObjectMeta['label']

/** The objects of the workspace that the caller may see, found by name or plural. */
export class Workspace {
  readonly viewer: Viewer
  private readonly byName: Map<string, ObjectMeta>
  private readonly byPlural: Map<string, ObjectMeta>

  constructor(viewer: Viewer) {
    this.viewer = viewer
    this.byName = new Map(viewer.objects.map((object) => [object.name, object]))
    this.byPlural = new Map(viewer.objects.map((object) => [object.plural, object]))
  }

  get objects(): ObjectMeta[] {
    return this.viewer.objects
  }

  object(name: string): ObjectMeta | undefined {
    return this.byName.get(name)
  }

  plural(plural: string): ObjectMeta | undefined {
    return this.byPlural.get(plural)
  }

  /** The object a lookup or a manyToMany field refers to, undefined when the caller may not see it. */
  target(field: FieldMeta): ObjectMeta | undefined {
    const refers = isLookup(field) || field.kind === 'manyToMany'
    return refers && field.target !== null ? this.byName.get(field.target) : undefined
  }

  /** The objects a polymorphic field refers to, as far as the caller may see them. */
  targets(field: FieldMeta): ObjectMeta[] {
    if (field.kind !== 'polymorphic') return []
    return field.targets.map((name) => this.byName.get(name)).filter((target) => target !== undefined)
  }
}

export function isLookup(field: FieldMeta): boolean {
  return field.kind === 'lookup' || field.kind === 'user'
}

const numeric = new Set<FieldKind>(['integer', 'decimal', 'currency', 'percent'])
const textual = new Set<FieldKind>(['text', 'email', 'phone', 'url', 'longText', 'richText', 'personName', 'autoNumber'])
const long = new Set<FieldKind>(['longText', 'richText', 'json', 'address', 'expression'])
/** Kinds with several values that are records or files: shown with a record, never in a list. */
const several = new Set<FieldKind>(['manyToMany', 'file'])

export function isListable(field: FieldMeta): boolean {
  return !several.has(field.kind)
}

export function isNumeric(field: FieldMeta): boolean {
  return numeric.has(field.kind)
}

/** Numbers that are written in decimals: text on the wire, so that nothing is rounded. */
export function isDecimal(field: FieldMeta): boolean {
  return field.kind === 'decimal' || field.kind === 'percent'
}

export function isTextual(field: FieldMeta): boolean {
  return textual.has(field.kind)
}

/** Long texts get a text area and the whole width. */
export function isLongText(field: FieldMeta): boolean {
  return long.has(field.kind) || (field.kind === 'text' && (field.maxLength ?? 0) > 500)
}

/** The parts of kinds that have several, in the order of the data API. */
const partsOf: Partial<Record<FieldKind, readonly PartName[]>> = {
  address: ['country', 'region', 'city', 'district', 'street', 'postalCode'],
  personName: ['full', 'family', 'given'],
  geoPoint: ['lat', 'lng'],
}

export type PartName = 'country' | 'region' | 'city' | 'district' | 'street' | 'postalCode' | 'full' | 'family' | 'given' | 'lat' | 'lng'

export function parts(field: FieldMeta): readonly PartName[] | undefined {
  return partsOf[field.kind]
}

export function fieldOf(object: ObjectMeta, name: string): FieldMeta | undefined {
  return object.fields.find((field) => field.name === name)
}

/** The field that names a record, undefined when the caller may not see it. */
export function titleField(object: ObjectMeta): FieldMeta | undefined {
  return object.title === null ? undefined : fieldOf(object, object.title)
}

/** The label in a language, else in English, else in any, else the name. */
export function labelIn(labels: Labels, lang: string, fallback: string): string {
  const of = (tag: string) => labels.find((label) => label.lang === tag && label.text !== '')?.text
  return of(lang) ?? of('en') ?? labels.find((label) => label.text !== '')?.text ?? fallback
}

/** A reference to objects the caller may not see has nothing to show: the data API leaves it out. */
function isShown(field: FieldMeta, workspace: Workspace): boolean {
  if (field.kind === 'polymorphic') return workspace.targets(field).length > 0
  return !(isLookup(field) || field.kind === 'manyToMany') || workspace.target(field) !== undefined
}

/** Who a record belongs to; shown beside the object's own fields. */
const ownership = new Set(['owner', 'team'])

/** What people work with: the field that names the record, the object's others, then owner and team. */
export function ownFields(object: ObjectMeta, workspace: Workspace): FieldMeta[] {
  const shown = object.fields.filter((field) => isShown(field, workspace))
  const own = shown.filter((field) => !field.system)
  return [
    ...own.filter((field) => field.name === object.title),
    ...own.filter((field) => field.name !== object.title),
    ...shown.filter((field) => field.system && ownership.has(field.name)),
  ]
}

const bookkeeping = new Set(['createdAt', 'createdBy', 'updatedAt', 'updatedBy'])

/** What the system keeps about a record: when and who. */
export function recordFields(object: ObjectMeta): FieldMeta[] {
  return object.fields.filter((field) => field.system && bookkeeping.has(field.name))
}

/** The to-many relations whose records the caller may see. */
export function shownRelations(object: ObjectMeta, workspace: Workspace): RelationMeta[] {
  return object.relations.filter((relation) => {
    const listed = workspace.object(relation.object)
    return listed?.fields.some((field) => field.name === relation.field)
  })
}
