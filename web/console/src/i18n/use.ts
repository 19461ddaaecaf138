import { useTranslation } from 'react-i18next'
import { labelIn } from '../objects/model'
import type { FieldMeta, ObjectMeta, OptionMeta } from '../objects/model'
import { localeOf } from '../records/value/format'
import type { Language } from '.'

/** The language in use and the reader's locale for numbers and dates. */
export function useLanguage(): { language: Language; locale: string } {
  const { i18n } = useTranslation()
  const language = i18n.language === 'zh' ? 'zh' : 'en'
  return { language, locale: localeOf(language, navigator.languages) }
}

/** Labels of metadata in the language in use. */
export function useLabels() {
  const { language } = useLanguage()
  return {
    object: (object: ObjectMeta) => labelIn(object.label, language, object.name),
    objects: (object: ObjectMeta) => labelIn(object.pluralLabel, language, object.plural),
    field: (field: FieldMeta) => labelIn(field.label, language, field.name),
    /** The sentence beside an input, null when there is none. */
    help: (field: FieldMeta) => labelIn(field.help, language, '') || null,
    option: (option: OptionMeta) => labelIn(option.label, language, option.name),
  }
}
