import { Loader, MultiSelect, Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLabels } from '../../i18n/use'
import type { ObjectMeta } from '../../objects/model'
import { useWorkspace } from '../../objects/workspace'
import { searchOptions, titlesOptions } from '../api'
import type { Ref } from '../model'
import { shortId, titleOf } from '../read'

type Item = { value: string; label: string }
type Popover = { withinPortal?: boolean }

/** The server has searched already: every option it found is shown. */
const asFound = <T,>({ options }: { options: T }): T => options

function merge(first: Item[], second: Item[]): Item[] {
  const known = new Set(first.map((item) => item.value))
  return [...first, ...second.filter((item) => !known.has(item.value))]
}

/** Searches a target's records by title as somebody types; quiet until the list is opened. */
function useLookup(target: ObjectMeta, chosen: Item[]) {
  const { t } = useTranslation()
  const labels = useLabels()
  const [text, setText] = useState('')
  const [opened, setOpened] = useState(false)
  const wanted = chosen.some((item) => item.label === text) ? '' : text.trim()
  const [settled] = useDebouncedValue(wanted, 200)
  const { data: page, isFetching } = useQuery({ ...searchOptions(target, settled, useWorkspace()), enabled: opened })
  const found = page?.records.map((record) => ({ value: record.id, label: titleOf(record, target) })) ?? []
  return {
    found,
    props: {
      data: merge(found, chosen),
      filter: asFound,
      searchable: true,
      searchValue: text,
      onSearchChange: setText,
      // The list closes after each choice, so that it never hides what is under it.
      dropdownOpened: opened,
      onDropdownOpen: () => setOpened(true),
      onDropdownClose: () => setOpened(false),
      onOptionSubmit: () => setOpened(false),
      placeholder: t('field.searchFor', { objects: labels.objects(target).toLocaleLowerCase() }),
      nothingFoundMessage: isFetching ? t('app.loading') : t('field.noneFound'),
      rightSection: isFetching ? <Loader size={14} /> : undefined,
      maxDropdownHeight: 260,
    },
  }
}

type SingleProps = {
  id?: string
  target: ObjectMeta
  value: Ref | null
  onChange: (value: Ref | null) => void
  error?: boolean
  required?: boolean
  'aria-describedby'?: string | undefined
}

export function LookupInput({ target, value, onChange, ...rest }: SingleProps) {
  const { t } = useTranslation()
  const chosen = value ? [{ value: value.id, label: value.title ?? shortId(value.id) }] : []
  const { found, props } = useLookup(target, chosen)
  return (
    <Select
      {...props}
      {...rest}
      value={value?.id ?? null}
      onChange={(id, option) => onChange(id === null ? null : { id, title: option?.label ?? null })}
      clearable
      clearButtonProps={{ 'aria-label': t('field.clear') }}
      data-found={found.length}
    />
  )
}

type RefsProps = {
  id: string
  target: ObjectMeta
  values: Ref[]
  onChange: (refs: Ref[]) => void
  error: boolean
  'aria-describedby': string | undefined
}

/** Several records whose titles are known. */
export function RefsInput({ target, values, onChange, ...rest }: RefsProps) {
  const chosen = values.map((ref) => ({ value: ref.id, label: ref.title ?? shortId(ref.id) }))
  const { found, props } = useLookup(target, chosen)
  const known = merge(chosen, found)
  return (
    <MultiSelect
      {...props}
      {...rest}
      placeholder={values.length > 0 ? '' : props.placeholder}
      value={values.map((ref) => ref.id)}
      onChange={(ids) => onChange(ids.map((id) => ({ id, title: known.find((item) => item.value === id)?.label ?? null })))}
    />
  )
}

type MultiProps = { target: ObjectMeta; values: string[]; onChange: (ids: string[]) => void; popover?: Popover }

/** Several records, given by id; their titles are asked for. */
export function LookupMultiInput({ target, values, onChange, popover }: MultiProps) {
  const { t } = useTranslation()
  const workspace = useWorkspace()
  // Titles of what was chosen at the start; those chosen later are remembered below.
  const [initial] = useState(values)
  const [picked, setPicked] = useState<Item[]>([])
  const { data: named } = useQuery(titlesOptions(target, initial, workspace))
  const known = merge(picked, named?.map((record) => ({ value: record.id, label: titleOf(record, target) })) ?? [])
  const chosen = values.map((id) => known.find((item) => item.value === id) ?? { value: id, label: shortId(id) })
  const { found, props } = useLookup(target, chosen)
  return (
    <MultiSelect
      {...props}
      aria-label={t('filter.value')}
      value={values}
      onChange={(ids) => {
        setPicked((before) => merge(before, found.filter((item) => ids.includes(item.value))))
        onChange(ids)
      }}
      {...(popover ? { comboboxProps: popover } : {})}
    />
  )
}
