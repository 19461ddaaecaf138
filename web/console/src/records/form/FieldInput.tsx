import { Checkbox, Group, Input, Select, Textarea, TextInput } from '@mantine/core'
import { lazy, Suspense, useMemo } from 'react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useLabels, useLanguage } from '../../i18n/use'
import { isLongText, isLookup, isNumeric } from '../../objects/model'
import type { FieldMeta } from '../../objects/model'
import { useWorkspace } from '../../objects/workspace'
import { LookupInput } from '../value/LookupInput'
import { currencies } from './currencies'
import { isDraftFiles, isDraftLinks, isDraftMoney, isDraftParts, isDraftRef, isGiven } from './draft'
import type { DraftValue } from './draft'
import { FilesInput } from './FilesInput'
import { JSONInput, OptionsInput, PartsInput, RatingInput } from './KindInputs'
import type { Common } from './KindInputs'
import { LinksInput, PolymorphicInput } from './RecordInputs'

// Calendars are only loaded by forms that have a date.
const DayInput = lazy(() => import('../value/DayInput').then((module) => ({ default: module.DayInput })))
const InstantInput = lazy(() => import('../value/DayInput').then((module) => ({ default: module.InstantInput })))

type Props = {
  field: FieldMeta
  value: DraftValue
  onChange: (value: DraftValue) => void
  /** What is wrong with it, in words. */
  errors: string[]
  /** What somebody else wrote meanwhile. */
  hint: string | null
}

export function inputId(field: FieldMeta): string {
  return `field-${field.name}`
}

/** The label, the input that fits the kind, and under it what is wrong. */
export function FieldInput({ field, value, onChange, errors, hint }: Props) {
  const labels = useLabels()
  const id = inputId(field)
  const wrong = errors.length > 0
  const control = <Control id={id} field={field} value={value} onChange={onChange} wrong={wrong} />
  return (
    <Input.Wrapper
      id={id}
      label={labels.field(field)}
      required={field.required && !isGiven(field)}
      labelProps={{ htmlFor: id }}
      description={hint ?? labels.help(field)}
      error={wrong ? errors.join(' ') : null}
      errorProps={{ 'data-testid': `error-${field.name}` }}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      data-field={field.name}
      styles={{ label: { marginBottom: 4 }, description: { marginTop: 5 }, error: { marginTop: 5 } }}
    >
      <Suspense fallback={<TextInput disabled />}>{control}</Suspense>
    </Input.Wrapper>
  )
}

type ControlProps = {
  id: string
  field: FieldMeta
  value: DraftValue
  onChange: (value: DraftValue) => void
  wrong: boolean
}

function Control({ id, field, value, onChange, wrong }: ControlProps): ReactNode {
  const target = useWorkspace().target(field)
  const common = { id, error: wrong, 'aria-describedby': wrong ? `${id}-error` : undefined }
  const text = typeof value === 'string' ? value : ''
  if (isLookup(field) && target) {
    return <LookupInput {...common} target={target} value={value !== null && isDraftRef(value) ? value : null} onChange={onChange} />
  }
  switch (field.kind) {
    case 'polymorphic':
      return <PolymorphicInput {...common} field={field} value={value !== null && isDraftRef(value) ? value : null} onChange={onChange} />
    case 'manyToMany':
      return target ? <LinksInput {...common} target={target} value={value !== null && isDraftLinks(value) ? value : null} onChange={onChange} /> : null
    case 'file':
      return <FilesInput {...common} field={field} value={value !== null && isDraftFiles(value) ? value.files : []} onChange={onChange} />
    case 'boolean':
      return <Checkbox id={id} mt={8} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />
    case 'currency':
      return <MoneyInput {...common} value={value} onChange={onChange} />
    case 'date':
      return <DayInput {...common} value={text} onChange={onChange} />
    case 'dateTime':
      return <InstantInput {...common} value={text} onChange={onChange} />
    case 'multiSelect':
      return <OptionsInput {...common} field={field} value={Array.isArray(value) ? value : []} onChange={onChange} />
    case 'rating':
      return <RatingInput {...common} field={field} value={text} onChange={onChange} />
    case 'json':
      return <JSONInput {...common} field={field} value={text} onChange={onChange} />
    case 'address':
    case 'personName':
    case 'geoPoint':
      return <PartsInput {...common} field={field} value={value !== null && isDraftParts(value) ? value : { parts: {} }} onChange={onChange} />
    case 'select':
      return <OptionInput {...common} field={field} value={text} onChange={onChange} />
    default:
      return <PlainInput {...common} field={field} value={text} onChange={onChange} />
  }
}

type TextProps = Common & { field: FieldMeta; value: string; onChange: (value: DraftValue) => void }

function PlainInput({ field, value, onChange, ...common }: TextProps) {
  const { t } = useTranslation()
  if (isLongText(field)) {
    return <Textarea {...common} autosize minRows={3} maxRows={12} value={value} onChange={(event) => onChange(event.currentTarget.value)} />
  }
  const types: Partial<Record<FieldMeta['kind'], 'email' | 'tel' | 'url' | 'time'>> = { email: 'email', phone: 'tel', url: 'url', time: 'time' }
  const placeholders: Partial<Record<FieldMeta['kind'], string>> = { duration: '1h 30m', autoNumber: t('field.assigned') }
  const type = types[field.kind] ?? 'text'
  return (
    <TextInput
      {...common}
      type={type}
      autoComplete="off"
      placeholder={placeholders[field.kind]}
      {...(type === 'time' && { step: 1 })}
      rightSection={field.kind === 'percent' ? '%' : undefined}
      inputMode={isNumeric(field) ? 'decimal' : undefined}
      {...(field.maxLength !== null && { maxLength: field.maxLength })}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}

function OptionInput({ field, value, onChange, ...common }: TextProps) {
  const { t } = useTranslation()
  const labels = useLabels()
  return (
    <Select
      {...common}
      placeholder={t('field.choose')}
      data={field.options.map((option) => ({ value: option.name, label: labels.option(option) }))}
      value={value === '' ? null : value}
      onChange={(name) => onChange(name ?? '')}
      searchable={field.options.length > 8}
      clearable={!field.required}
      clearButtonProps={{ 'aria-label': t('field.clear') }}
    />
  )
}

function MoneyInput({ value, onChange, ...common }: Common & { value: DraftValue; onChange: (value: DraftValue) => void }) {
  const { t } = useTranslation()
  const { language } = useLanguage()
  const money = value !== null && isDraftMoney(value) ? value : { amount: '', currency: '' }
  const codes = useMemo(() => currencies(language), [language])
  // A first amount takes the usual currency along.
  const setAmount = (amount: string) => onChange({ amount, currency: money.currency || (codes[0] ?? '') })
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <TextInput
        {...common}
        style={{ flex: 1 }}
        inputMode="decimal"
        autoComplete="off"
        value={money.amount}
        onChange={(event) => setAmount(event.currentTarget.value)}
      />
      <Select
        aria-label={t('field.currencyCode')}
        w={104}
        searchable
        data={codes}
        value={money.currency || null}
        onChange={(currency) => currency !== null && onChange({ ...money, currency })}
        allowDeselect={false}
        error={common.error}
      />
    </Group>
  )
}
