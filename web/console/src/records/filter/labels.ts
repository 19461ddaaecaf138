import { useQueries } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useLabels, useLanguage } from '../../i18n/use'
import { isLookup, isNumeric } from '../../objects/model'
import type { FieldMeta, ObjectMeta } from '../../objects/model'
import { useWorkspace } from '../../objects/workspace'
import { titlesOptions } from '../api'
import { shortId, titleOf } from '../read'
import { formatDate, formatNumber } from '../value/format'
import { parseDay } from './days'
import { periods, resolve } from './model'
import type { Condition, Resolved } from './model'

/** Any of one is simply that one. */
function wordOf({ op, values }: Condition) {
  if (values.length !== 1) return op
  if (op === 'in') return 'isOne'
  return op === 'notIn' ? 'isNotOne' : op
}

/** Titles of the records that conditions name, by id. */
function useTitles(conditions: Condition[], object: ObjectMeta): Map<string, string> {
  const workspace = useWorkspace()
  const wanted = conditions.flatMap((condition) => {
    const field = resolve(condition.path, object, workspace)?.field
    const target = field && isLookup(field) ? workspace.target(field) : undefined
    return target && condition.values.length > 0 ? [{ target, ids: condition.values }] : []
  })
  const answers = useQueries({ queries: wanted.map(({ target, ids }) => titlesOptions(target, ids, workspace)) })
  const titles = new Map<string, string>()
  answers.forEach(({ data }, index) => {
    const target = wanted[index]?.target
    if (target) data?.forEach((record) => titles.set(record.id, titleOf(record, target)))
  })
  return titles
}

/** Conditions in words: "Account › Region is any of North, South". Null for one the caller may not see. */
export function useConditionTexts(conditions: Condition[], object: ObjectMeta): (string | null)[] {
  const { t } = useTranslation()
  const labels = useLabels()
  const { locale } = useLanguage()
  const workspace = useWorkspace()
  const titles = useTitles(conditions, object)

  const valueText = (field: FieldMeta, condition: Condition, value: string): string => {
    const period = periods.find((known) => known === value)
    if (condition.op === 'period' && period) return t(`period.${period}`)
    if (isLookup(field)) return titles.get(value) ?? shortId(value)
    const option = field.options.find((known) => known.name === value)
    if (option) return labels.option(option)
    if (parseDay(value)) return formatDate(value, locale)
    return isNumeric(field) ? formatNumber(value, locale) : value
  }
  const text = (condition: Condition, { field, hop }: Resolved): string => {
    const name = hop ? `${labels.field(hop)} › ${labels.field(field)}` : labels.field(field)
    const values = condition.values.map((value) => (value === '' ? '…' : valueText(field, condition, value)))
    const joined = condition.op === 'between' ? values.join(' – ') : new Intl.ListFormat(locale, { type: 'disjunction' }).format(values)
    const parts = [name, t(`op.${wordOf(condition)}`), joined]
    return parts.filter((part) => part !== '').join(' ')
  }
  return conditions.map((condition) => {
    const resolved = resolve(condition.path, object, workspace)
    return resolved ? text(condition, resolved) : null
  })
}
