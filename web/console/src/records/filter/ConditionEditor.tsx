import { Button, Group, Select, Stack } from '@mantine/core'
import { useState } from 'react'
import type { SubmitEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { useLabels } from '../../i18n/use'
import { isListable, isLookup, titleField } from '../../objects/model'
import type { FieldMeta, ObjectMeta, Workspace } from '../../objects/model'
import { useWorkspace } from '../../objects/workspace'
import { ConditionValues } from './ConditionValues'
import { isComplete, operatorsOf, resolve } from './model'
import type { Condition, Operator } from './model'

type Props = { object: ObjectMeta; condition?: Condition; onDone: (condition: Condition | null) => void }

/** Inside a popover, so that choosing in a list does not count as a click outside. */
export const inside = { withinPortal: false }

function isOffered(field: FieldMeta, workspace: Workspace): boolean {
  if (!field.filterable || !isListable(field) || field.kind === 'id' || field.name === 'version' || field.name === 'deletedAt') return false
  return !isLookup(field) || workspace.target(field) !== undefined
}

type Choices = { group: string; items: { value: string; label: string }[] }[]

/** Own fields first, then those of the records that lookups refer to. */
function useFieldChoices(object: ObjectMeta): Choices {
  const workspace = useWorkspace()
  const labels = useLabels()
  const offered = object.fields.filter((field) => isOffered(field, workspace))
  const sorted = [...offered.filter((field) => !field.system), ...offered.filter((field) => field.system)]
  const own = sorted.map((field) => ({ value: field.name, label: labels.field(field) }))
  const hops = sorted.flatMap((field) => {
    if (field.kind === 'polymorphic') {
      const items = workspace.targets(field).map((target) => ({ value: `${field.name}.${target.name}`, label: `${labels.field(field)} › ${labels.object(target)}` }))
      return [{ group: labels.field(field), items }]
    }
    const target = workspace.target(field)
    if (!target || target.system) return []
    const items = target.fields
      .filter((inner) => !inner.system && isOffered(inner, workspace))
      .map((inner) => ({ value: `${field.name}.${inner.name}`, label: `${labels.field(field)} › ${labels.field(inner)}` }))
    return items.length > 0 ? [{ group: labels.field(field), items }] : []
  })
  return [{ group: labels.object(object), items: own }, ...hops]
}

function firstCondition(object: ObjectMeta, workspace: Workspace): Condition | null {
  const offered = object.fields.filter((field) => isOffered(field, workspace))
  const title = titleField(object)
  const field = title && offered.includes(title) ? title : (offered.find((known) => !known.system) ?? offered[0])
  return field ? { path: [field.name], op: operatorsOf(field)[0] ?? 'eq', values: [] } : null
}

/** Asks for one condition: the field, how to compare, with what. */
export function ConditionEditor({ object, condition, onDone }: Props) {
  const workspace = useWorkspace()
  const [draft, setDraft] = useState<Condition | null>(condition ?? (() => firstCondition(object, workspace)))
  const resolved = draft && resolve(draft.path, object, workspace)
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    // A form inside another one, by way of a portal: this one alone is meant.
    event.stopPropagation()
    if (draft && isComplete(draft)) onDone(draft)
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="xs">
        {draft && resolved && <Inputs object={object} draft={draft} field={resolved.field} setDraft={setDraft} />}
        <Buttons ready={draft !== null && isComplete(draft)} cancel={() => onDone(null)} />
      </Stack>
    </form>
  )
}

type InputsProps = { object: ObjectMeta; draft: Condition; field: FieldMeta; setDraft: (draft: Condition) => void }

function Inputs({ object, draft, field, setDraft }: InputsProps) {
  const { t } = useTranslation()
  const workspace = useWorkspace()
  const choices = useFieldChoices(object)
  const setPath = (value: string) => {
    const path = value.split('.')
    const chosen = resolve(path, object, workspace)
    if (chosen) setDraft({ path, op: operatorsOf(chosen.field)[0] ?? 'eq', values: [] })
  }
  return (
    <>
      <Select
        aria-label={t('filter.field')}
        data={choices}
        value={draft.path.join('.')}
        onChange={(value) => value !== null && setPath(value)}
        searchable
        allowDeselect={false}
        maxDropdownHeight={280}
        comboboxProps={inside}
      />
      <Select<Operator>
        aria-label={t('filter.operator')}
        data={operatorsOf(field).map((op) => ({ value: op, label: t(`op.${op}`) }))}
        value={draft.op}
        onChange={(op) => op !== null && setDraft({ ...draft, op, values: [] })}
        allowDeselect={false}
        comboboxProps={inside}
      />
      <ConditionValues
        key={`${draft.path.join('.')}:${draft.op}`}
        field={field}
        op={draft.op}
        values={draft.values}
        onChange={(values) => setDraft({ ...draft, values })}
      />
    </>
  )
}

function Buttons({ ready, cancel }: { ready: boolean; cancel: () => void }) {
  const { t } = useTranslation()
  return (
    <Group justify="flex-end" gap="xs" mt={4}>
      <Button size="xs" variant="default" onClick={cancel}>
        {t('filter.cancel')}
      </Button>
      <Button size="xs" type="submit" disabled={!ready}>
        {t('filter.apply')}
      </Button>
    </Group>
  )
}
