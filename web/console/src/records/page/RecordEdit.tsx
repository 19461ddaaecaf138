import { Button, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLanguage } from '../../i18n/use'
import { ownFields } from '../../objects/model'
import type { FieldMeta, ObjectMeta } from '../../objects/model'
import { useWorkspace } from '../../objects/workspace'
import { useKey, useSaveKey } from '../../shell/keys'
import { recordsKey, updateRecord } from '../api'
import { draftOf, writableFields } from '../form/draft'
import { FieldGrid, FormField } from '../form/FieldGrid'
import { focusFirstProblem } from '../form/focus'
import { FormProblems } from '../form/FormProblems'
import { LeaveGuard } from '../form/LeaveGuard'
import { useRecordForm } from '../form/useRecordForm'
import type { RecordData } from '../model'
import { formatValue } from '../value/format'
import { FieldValue } from './RecordView'
import classes from './RecordPage.module.css'

type Props = {
  object: ObjectMeta
  record: RecordData
  reload: () => Promise<RecordData | null>
  onDone: () => void
}

/** Sends what was changed, and that it was changed from this version. */
function useUpdate({ object, record, reload, onDone }: Props, fields: FieldMeta[]) {
  const { t } = useTranslation()
  const queryClient = useQueryClient()
  const passed = useRef(false)
  const [version, setVersion] = useState(record.version)
  const form = useRecordForm(fields, draftOf(record, fields))
  const mutation = useMutation({
    mutationFn: (input: Record<string, unknown>) => updateRecord(object, record.id, version, input),
    onSuccess: async () => {
      passed.current = true
      await queryClient.invalidateQueries({ queryKey: recordsKey })
      notifications.show({ message: t('record.saved'), autoClose: 2_500 })
      onDone()
    },
    onError: (error) => {
      form.refuse(error)
      focusFirstProblem()
    },
  })
  const save = () => {
    if (mutation.isPending) return
    if (form.changed.length === 0) {
      onDone()
      return
    }
    const input = form.prepare(form.changed)
    if (input) mutation.mutate(input)
    else focusFirstProblem()
  }
  const goOn = async () => {
    const fresh = await reload()
    if (!fresh) return
    setVersion(fresh.version)
    form.goOnFrom(draftOf(fresh, fields))
  }
  return { form, save, saving: mutation.isPending, goOn, passed }
}

/** The record's fields to change, in the place where they are read. */
export function RecordEdit(props: Props) {
  const { object, record, onDone } = props
  const { t } = useTranslation()
  const { locale } = useLanguage()
  const workspace = useWorkspace()
  const shown = useMemo(() => ownFields(object, workspace), [object, workspace])
  const fields = useMemo(() => writableFields(shown), [shown])
  const { form, save, saving, goOn, passed } = useUpdate(props, fields)
  useSaveKey(save)
  useKey('Escape', onDone, form.changed.length === 0)

  const hint = (field: FieldMeta) =>
    form.theirs.includes(field.name) && form.changed.includes(field)
      ? t('record.theirs', { value: formatValue(record.values[field.name] ?? null, field, locale) || t('value.empty') })
      : null
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        save()
      }}
    >
      <LeaveGuard dirty={form.changed.length > 0} passed={passed} />
      <Stack gap="md">
        <FormProblems form={form} reload={() => void goOn()} />
        <div className={`card ${classes['details'] ?? ''}`}>
          <FieldGrid fields={shown}>
            {(field) =>
              fields.includes(field) ? (
                <FormField field={field} form={form} hint={hint(field)} />
              ) : (
                <FieldValue field={field} record={record} />
              )
            }
          </FieldGrid>
          <div className={classes['bar']}>
            <Button variant="default" onClick={onDone}>
              {t('record.cancel')}
            </Button>
            <Button type="submit" loading={saving}>
              {t('record.save')}
            </Button>
          </div>
        </div>
      </Stack>
    </form>
  )
}
