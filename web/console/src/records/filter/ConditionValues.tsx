import { Checkbox, Group, ScrollArea, Select, Stack, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useLabels } from '../../i18n/use'
import { isLookup, isNumeric } from '../../objects/model'
import type { FieldMeta } from '../../objects/model'
import { useWorkspace } from '../../objects/workspace'
import { parseNumber } from '../form/draft'
import { DayInput } from '../value/DayInput'
import { LookupMultiInput } from '../value/LookupInput'
import { inside } from './ConditionEditor'
import { arity, periods } from './model'
import type { Operator, Period } from './model'

type Props = { field: FieldMeta; op: Operator; values: string[]; onChange: (values: string[]) => void }

/** The inputs that an operator needs, of the field's kind. */
export function ConditionValues({ field, op, values, onChange }: Props) {
  const { t } = useTranslation()
  const need = arity(op)
  if (need === 0) return null
  if (op === 'period') return <PeriodInput value={values[0]} onChange={(period) => onChange([period])} />
  if (need === Infinity) return <ListInput field={field} values={values} onChange={onChange} />
  if (need === 1) {
    return <One field={field} label={t('filter.value')} value={values[0] ?? ''} onChange={(value) => onChange([value])} focus />
  }
  const [from = '', to = ''] = values
  return (
    <Group grow gap="xs">
      <One field={field} label={t('filter.from')} value={from} onChange={(value) => onChange([value, to])} focus />
      <One field={field} label={t('filter.to')} value={to} onChange={(value) => onChange([from, value])} />
    </Group>
  )
}

type OneProps = { field: FieldMeta; label: string; value: string; onChange: (value: string) => void; focus?: boolean }

function One({ field, label, value, onChange, focus = false }: OneProps) {
  if (field.kind === 'date' || field.kind === 'dateTime') {
    return <DayInput label={label} value={value} onChange={onChange} popover={inside} />
  }
  const numeric = isNumeric(field)
  return (
    <TextInput
      aria-label={label}
      placeholder={label}
      data-autofocus={focus || undefined}
      inputMode={numeric ? 'decimal' : 'text'}
      defaultValue={value}
      onChange={(event) => {
        const text = event.currentTarget.value
        onChange(numeric ? (parseNumber(text) ?? '') : text.trim())
      }}
    />
  )
}

function PeriodInput({ value, onChange }: { value: string | undefined; onChange: (period: Period) => void }) {
  const { t } = useTranslation()
  return (
    <Select<Period>
      aria-label={t('filter.value')}
      placeholder={t('field.choose')}
      data={periods.map((period) => ({ value: period, label: t(`period.${period}`) }))}
      value={periods.find((period) => period === value) ?? null}
      onChange={(period) => period !== null && onChange(period)}
      comboboxProps={inside}
    />
  )
}

function ListInput({ field, values, onChange }: Omit<Props, 'op'>) {
  const { t } = useTranslation()
  const labels = useLabels()
  const workspace = useWorkspace()
  const target = isLookup(field) ? workspace.target(field) : undefined
  if (target) return <LookupMultiInput target={target} values={values} onChange={onChange} popover={inside} />
  return (
    <ScrollArea.Autosize mah={240} offsetScrollbars="present" type="auto">
      <Checkbox.Group aria-label={t('filter.value')} value={values} onChange={onChange}>
        <Stack gap={10} py={6} px={4}>
          {field.options.map((option) => (
            <Checkbox key={option.name} size="sm" value={option.name} label={labels.option(option)} />
          ))}
        </Stack>
      </Checkbox.Group>
    </ScrollArea.Autosize>
  )
}
