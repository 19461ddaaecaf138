import { useTranslation } from 'react-i18next'
import { useLabels, useLanguage } from '../../i18n/use'
import { fieldOf, ownFields } from '../../objects/model'
import type { FieldMeta, ObjectMeta } from '../../objects/model'
import { useWorkspace } from '../../objects/workspace'
import { FieldGrid } from '../form/FieldGrid'
import type { RecordData } from '../model'
import { formatDateTime } from '../value/format'
import { PrincipalView } from '../value/PrincipalView'
import { ValueView } from '../value/ValueView'
import classes from './RecordPage.module.css'

/** The record's fields to read, and under them when and by whom it was written. */
export function RecordView({ object, record }: { object: ObjectMeta; record: RecordData }) {
  const { t } = useTranslation()
  const workspace = useWorkspace()
  return (
    <section className={`card ${classes['details'] ?? ''}`} aria-label={t('record.details')}>
      <FieldGrid fields={ownFields(object, workspace)}>{(field) => <FieldValue field={field} record={record} />}</FieldGrid>
      <Kept object={object} record={record} />
    </section>
  )
}

export function FieldValue({ field, record }: { field: FieldMeta; record: RecordData }) {
  const labels = useLabels()
  return (
    <div data-field={field.name}>
      <div className={classes['label']} id={`label-${field.name}`}>
        {labels.field(field)}
      </div>
      <div className={classes['value']} aria-labelledby={`label-${field.name}`} role="group">
        <ValueView value={record.values[field.name] ?? null} field={field} wide />
      </div>
    </div>
  )
}

/** "Created at … Wang Fang": each pair of when and who, as far as the caller may see them. */
function Kept({ object, record }: { object: ObjectMeta; record: RecordData }) {
  const pairs = [
    ['createdAt', 'createdBy'],
    ['updatedAt', 'updatedBy'],
  ] as const
  const shown = pairs.filter(([at]) => fieldOf(object, at) && typeof record.values[at] === 'string')
  if (shown.length === 0) return null
  return (
    <div className={classes['kept']}>
      {shown.map(([at, by]) => (
        <KeptPair key={at} at={at} by={by} object={object} record={record} />
      ))}
    </div>
  )
}

type KeptProps = { at: string; by: string; object: ObjectMeta; record: RecordData }

function KeptPair({ at, by, object, record }: KeptProps) {
  const labels = useLabels()
  const { locale } = useLanguage()
  const field = fieldOf(object, at)
  const principal = record.values[by]
  return (
    <span>
      {field && labels.field(field)} {formatDateTime(String(record.values[at]), locale)}
      {typeof principal === 'string' && (
        <>
          {' · '}
          <PrincipalView principal={principal} />
        </>
      )}
    </span>
  )
}
