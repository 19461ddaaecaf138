import { Group, Select } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLabels } from '../../i18n/use'
import type { FieldMeta, ObjectMeta } from '../../objects/model'
import { useWorkspace } from '../../objects/workspace'
import type { Links, Ref } from '../model'
import { LookupInput, RefsInput } from '../value/LookupInput'
import type { Common } from './KindInputs'

/** Inputs of the kinds that refer to records of several objects, or to several records. */

type PolymorphicProps = Common & { field: FieldMeta; value: Ref | null; onChange: (value: Ref | null) => void }

/** First the object, then one of its records. */
export function PolymorphicInput({ id, field, value, onChange, ...common }: PolymorphicProps) {
  const { t } = useTranslation()
  const labels = useLabels()
  const targets = useWorkspace().targets(field)
  const [chosen, choose] = useState<string | undefined>()
  const name = value?.object ?? chosen ?? targets[0]?.name
  const target = targets.find((known) => known.name === name)
  const change = (next: string) => {
    choose(next)
    if (value && value.object !== next) onChange(null)
  }
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <Select
        aria-label={`${labels.field(field)}: ${t('field.object')}`}
        w={150}
        style={{ flex: 'none' }}
        data={targets.map((known) => ({ value: known.name, label: labels.object(known) }))}
        value={target?.name ?? null}
        onChange={(next) => next !== null && change(next)}
        allowDeselect={false}
        error={common.error}
      />
      {target && (
        <div style={{ flex: 1, minWidth: 0 }}>
          <LookupInput
            {...common}
            key={target.name}
            id={id}
            target={target}
            value={value}
            onChange={(ref) => onChange(ref && { ...ref, object: target.name })}
          />
        </div>
      )}
    </Group>
  )
}

type LinksProps = Common & { target: ObjectMeta; value: Links | null; onChange: (value: Links) => void }

/** The linked records, to be added to and taken from. Those beyond the first stay as they are. */
export function LinksInput({ value, onChange, ...rest }: LinksProps) {
  const links = value?.links ?? []
  const beyond = (value?.total ?? 0) - links.length
  return <RefsInput {...rest} values={links} onChange={(refs) => onChange({ links: refs, total: refs.length + beyond })} />
}
