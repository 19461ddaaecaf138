import { Button, Container, Group, Stack, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useRouter, useSearch } from '@tanstack/react-router'
import { useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useLabels } from '../../i18n/use'
import { fieldOf, isLookup, ownFields, titleField } from '../../objects/model'
import type { FieldMeta, ObjectMeta, Workspace } from '../../objects/model'
import { useWorkspace } from '../../objects/workspace'
import { useKey, useSaveKey } from '../../shell/keys'
import { NotFound } from '../../shell/NotFound'
import { PageLoading } from '../../shell/PageLoading'
import { usePageTitle } from '../../shell/title'
import { createRecord, recordsKey, titlesOptions } from '../api'
import type { Ref } from '../model'
import { titleOf } from '../read'
import { creatableFields, emptyDraft, newDraft } from './draft'
import type { Draft } from './draft'
import { FieldGrid, FormField } from './FieldGrid'
import { focusFirstProblem } from './focus'
import { FormProblems } from './FormProblems'
import { LeaveGuard } from './LeaveGuard'
import { useRecordForm } from './useRecordForm'

export function CreatePage() {
  const { plural } = useParams({ from: '/app/o/$plural/new' })
  const search = useSearch({ from: '/app/o/$plural/new' })
  const object = useWorkspace().plural(plural)
  if (!object?.canCreate) return <NotFound />
  return <Prefilled key={`${object.name}:${search.with ?? ''}`} object={object} prefill={search.with} />
}

/** Finds the record that the new one is created for, `field:id` or `field:object:id`, so that the form can show its title. */
function Prefilled({ object, prefill }: { object: ObjectMeta; prefill: string | undefined }) {
  const workspace = useWorkspace()
  const [name = '', ...rest] = prefill?.split(':') ?? []
  const id = rest.at(-1) ?? ''
  const field = fieldOf(object, name)
  const target = field && targetOf(field, rest, workspace)
  const wanted = id !== '' && target !== undefined
  const { data, isPending } = useQuery({
    ...titlesOptions(target ?? object, wanted ? [id] : [], workspace),
    enabled: wanted,
  })
  if (wanted && isPending) return <PageLoading />
  const record = data?.[0]
  const ref: Ref | null = record && target ? { id: record.id, title: titleOf(record, target), ...(rest.length > 1 && { object: target.name }) } : null
  return <CreateForm object={object} given={field && ref ? { [field.name]: ref } : {}} />
}

function targetOf(field: FieldMeta, [first, second]: string[], workspace: Workspace): ObjectMeta | undefined {
  if (second === undefined) return isLookup(field) ? workspace.target(field) : undefined
  return workspace.targets(field).find((target) => target.name === first)
}

function useCreate(object: ObjectMeta, fields: FieldMeta[], given: Draft) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const passed = useRef(false)
  const form = useRecordForm(fields, emptyDraft(fields), { ...newDraft(fields), ...given })
  const mutation = useMutation({
    mutationFn: (input: Record<string, unknown>) => createRecord(object, input),
    onSuccess: async (id) => {
      passed.current = true
      void queryClient.invalidateQueries({ queryKey: recordsKey })
      const title = titleField(object)
      const name = title ? form.draft[title.name] : null
      notifications.show({ message: t('record.created', { title: typeof name === 'string' ? name : '' }) })
      if (id === null) await navigate({ to: '/o/$plural', params: { plural: object.plural } })
      else await navigate({ to: '/o/$plural/$id', params: { plural: object.plural, id }, replace: true })
    },
    onError: (error) => {
      form.refuse(error)
      focusFirstProblem()
    },
  })
  const save = () => {
    if (mutation.isPending) return
    const input = form.prepare(fields)
    if (input) mutation.mutate(input)
    else focusFirstProblem()
  }
  return { form, save, saving: mutation.isPending, passed }
}

function CreateForm({ object, given }: { object: ObjectMeta; given: Draft }) {
  const { t } = useTranslation()
  const labels = useLabels()
  const workspace = useWorkspace()
  const router = useRouter()
  const fields = useMemo(() => creatableFields(ownFields(object, workspace), object.title), [object, workspace])
  const { form, save, saving, passed } = useCreate(object, fields, given)
  const title = t('record.newTitle', { object: labels.object(object).toLocaleLowerCase() })
  const cancel = () => router.history.back()
  usePageTitle(title)
  useSaveKey(save)
  useKey('Escape', cancel)
  return (
    <Container size="md" px={{ base: 'md', sm: 'xl' }} py={{ base: 'md', sm: 32 }}>
      <LeaveGuard dirty={form.changed.length > Object.keys(given).length} passed={passed} />
      <Title order={1} mb="lg">
        {title}
      </Title>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          save()
        }}
      >
        <Stack gap="md">
          <FormProblems form={form} />
          <div className="card" style={{ padding: '1.5rem' }}>
            <FieldGrid fields={fields}>{(field) => <FormField field={field} form={form} />}</FieldGrid>
          </div>
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={cancel}>
              {t('record.cancel')}
            </Button>
            <Button type="submit" loading={saving}>
              {t('record.create')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Container>
  )
}
