import { labelIn } from './model'
import type { FieldMeta, ObjectMeta } from './model'

/**
 * Where an object stands among the others. Main: what people work with, each
 * record somebody's. Base: what belongs to nobody, products and price books.
 * Parts: lines and links, which go with the record they need. People: the
 * system's own.
 */
export type Standing = 'main' | 'base' | 'parts' | 'people'

export type Groups = Record<Standing, ObjectMeta[]>

/** A record goes when that goes which it must refer to. */
function isPartOf(field: FieldMeta): boolean {
  return field.required && field.onDelete === 'cascade'
}

export function standing(object: ObjectMeta): Standing {
  if (object.system) return 'people'
  if (object.fields.some((field) => field.system && field.name === 'owner')) return 'main'
  return object.fields.some(isPartOf) ? 'parts' : 'base'
}

/** The objects by where they stand, each group by label in a language. */
export function groupObjects(objects: ObjectMeta[], lang: string): Groups {
  const order = new Intl.Collator(lang)
  const label = (object: ObjectMeta) => labelIn(object.pluralLabel, lang, object.plural)
  const groups: Groups = { main: [], base: [], parts: [], people: [] }
  for (const object of objects.toSorted((a, b) => order.compare(label(a), label(b)))) groups[standing(object)].push(object)
  return groups
}

/** Everything an object may be called: its labels in all languages, and its names. */
function callings(object: ObjectMeta): string[] {
  return [...object.pluralLabel, ...object.label].map((label) => label.text).concat(object.name, object.plural)
}

function fold(text: string): string {
  return text.normalize('NFKC').toLocaleLowerCase().replaceAll(/[\s-]+/g, '')
}

/** The objects that are called something with the text in it, those first whose name begins with it. */
export function findObjects(objects: ObjectMeta[], text: string): ObjectMeta[] {
  const wanted = fold(text)
  if (wanted === '') return objects
  const found = objects.filter((object) => callings(object).some((calling) => fold(calling).includes(wanted)))
  const begins = (object: ObjectMeta) => callings(object).some((calling) => fold(calling).startsWith(wanted))
  return [...found.filter(begins), ...found.filter((object) => !begins(object))]
}
