import { Group, Skeleton, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useLabels } from '../../i18n/use'
import type { FieldMeta, ObjectMeta } from '../../objects/model'
import type { RecordData } from '../model'
import { titleOf } from '../read'
import { ValueView } from '../value/ValueView'
import classes from './RecordCards.module.css'

/** More than this does not read well on a phone. */
const shownFields = 4

type Props = { object: ObjectMeta; columns: FieldMeta[]; records: RecordData[] | undefined; stale: boolean }

/** The list on a narrow screen. */
export function RecordCards({ object, columns, records, stale }: Props) {
  if (records === undefined) {
    return Array.from({ length: 6 }, (_, row) => (
      <div key={row} className={classes['card']}>
        <Skeleton h={14} w={160} mb={10} />
        <Skeleton h={12} w="70%" />
      </div>
    ))
  }
  return (
    <ul className={classes['list']} data-stale={stale || undefined}>
      {records.map((record) => (
        <li key={record.id} className={classes['card']}>
          <Link to="/o/$plural/$id" params={{ plural: object.plural, id: record.id }} className={classes['title']}>
            {titleOf(record, object)}
          </Link>
          <Fields record={record} columns={columns} />
        </li>
      ))}
    </ul>
  )
}

function Fields({ record, columns }: { record: RecordData; columns: FieldMeta[] }) {
  const labels = useLabels()
  const filled = columns.filter((field) => {
    const value = record.values[field.name] ?? null
    return value !== null && value !== ''
  })
  return filled.slice(0, shownFields).map((field) => (
    <Group key={field.name} justify="space-between" gap="md" wrap="nowrap" mt={6}>
      <Text size="sm" className="quiet">
        {labels.field(field)}
      </Text>
      <Text size="sm" component="div" truncate>
        <ValueView value={record.values[field.name] ?? null} field={field} />
      </Text>
    </Group>
  ))
}
