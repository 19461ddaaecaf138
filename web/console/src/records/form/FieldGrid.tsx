import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { isLongText } from '../../objects/model'
import type { FieldMeta } from '../../objects/model'
import classes from './FieldGrid.module.css'
import { FieldInput } from './FieldInput'
import type { RecordForm } from './useRecordForm'

/** Two columns of fields, one on a narrow screen; long texts take the whole width. */
export function FieldGrid({ fields, children }: { fields: FieldMeta[]; children: (field: FieldMeta) => ReactNode }) {
  return (
    <div className={classes['grid']}>
      {fields.map((field) => (
        <div key={field.name} className={isLongText(field) ? classes['wide'] : undefined}>
          {children(field)}
        </div>
      ))}
    </div>
  )
}

type InputProps = { field: FieldMeta; form: RecordForm; hint?: string | null }

/** A field of a form, with what is wrong with it from here and from the server. */
export function FormField({ field, form, hint = null }: InputProps) {
  const { t } = useTranslation()
  const here = form.unsendable.filter((problem) => problem.field === field.name).map((problem) => t(`field.${problem.reason}`))
  const errors = [...here, ...(form.problems.byField[field.name] ?? [])]
  return (
    <FieldInput
      field={field}
      value={form.draft[field.name] ?? null}
      onChange={(value) => form.set(field.name, value)}
      errors={errors}
      hint={hint}
    />
  )
}
