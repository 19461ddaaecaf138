import { JsonInput, MultiSelect, Rating, SimpleGrid, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useLabels } from '../../i18n/use'
import { parts } from '../../objects/model'
import type { FieldMeta, PartName } from '../../objects/model'
import type { Composite } from '../model'

/** Inputs of the kinds that are more than a line of text. */

export type Common = { id: string; error: boolean; 'aria-describedby': string | undefined }

type OptionsProps = Common & { field: FieldMeta; value: string[]; onChange: (value: string[]) => void }

export function OptionsInput({ field, value, onChange, ...common }: OptionsProps) {
  const { t } = useTranslation()
  const labels = useLabels()
  return (
    <MultiSelect
      {...common}
      {...(value.length === 0 && { placeholder: t('field.choose') })}
      data={field.options.map((option) => ({ value: option.name, label: labels.option(option) }))}
      value={value}
      onChange={onChange}
      searchable={field.options.length > 8}
      clearable
      clearButtonProps={{ 'aria-label': t('field.clear') }}
    />
  )
}

type TextProps = Common & { field: FieldMeta; value: string; onChange: (value: string) => void }

/** Stars; choosing the same number again clears it. */
export function RatingInput({ id, field, value, onChange }: TextProps) {
  const labels = useLabels()
  const stars = Number(value)
  return (
    <Rating
      id={id}
      mt={8}
      count={field.maxRating ?? 5}
      value={stars}
      onChange={(chosen) => onChange(chosen === stars ? '' : String(chosen))}
      getSymbolLabel={(star) => `${labels.field(field)}: ${star}`}
    />
  )
}

export function JSONInput({ value, onChange, ...common }: TextProps) {
  return <JsonInput {...common} autosize minRows={3} maxRows={16} formatOnBlur value={value} onChange={onChange} spellCheck={false} />
}

type PartsProps = Common & { field: FieldMeta; value: Composite; onChange: (value: Composite) => void }

/** One input per part. A name is typed in parts once it has them, else as a whole. */
export function PartsInput({ field, value, onChange, ...common }: PartsProps) {
  const { t } = useTranslation()
  const names = (parts(field) ?? []).filter((name) => name !== 'full')
  const set = (name: PartName, text: string) => {
    const { full, ...rest } = value.parts
    const kept = name === 'family' || name === 'given' || full === undefined ? rest : { ...rest, full }
    onChange({ parts: { ...kept, [name]: text } })
  }
  return (
    <SimpleGrid cols={{ base: 1, xs: Math.min(names.length, 3) }} spacing="xs" verticalSpacing="xs">
      {names.map((name, index) => (
        <TextInput
          key={name}
          {...(index === 0 ? common : { id: `${common.id}-${name}`, error: common.error })}
          aria-label={t(`part.${name}`)}
          placeholder={shownIn(value, name) ?? t(`part.${name}`)}
          autoComplete="off"
          inputMode={field.kind === 'geoPoint' ? 'decimal' : undefined}
          {...(name === 'country' && { maxLength: 2 })}
          value={value.parts[name] ?? ''}
          onChange={(event) => set(name, name === 'country' ? event.currentTarget.value.toUpperCase() : event.currentTarget.value)}
        />
      ))}
    </SimpleGrid>
  )
}

/** A name that is known as a whole only stands where it will be replaced. */
function shownIn({ parts: { full, family, given } }: Composite, name: PartName): string | undefined {
  return name === 'family' && family === undefined && given === undefined ? full : undefined
}
