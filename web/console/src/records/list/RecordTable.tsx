import { Skeleton, UnstyledButton } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { createColumnHelper, tableFeatures, useTable } from '@tanstack/react-table'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useLabels } from '../../i18n/use'
import { isNumeric, titleField } from '../../objects/model'
import type { FieldMeta, ObjectMeta } from '../../objects/model'
import { useWorkspace } from '../../objects/workspace'
import type { RecordData } from '../model'
import { titleOf } from '../read'
import { isSortable } from '../sort'
import type { Sort } from '../sort'
import { ValueView } from '../value/ValueView'
import classes from './RecordTable.module.css'

/** Sorting and paging are the server's, so the table needs none of the features. */
const features = tableFeatures({})
const helper = createColumnHelper<typeof features, RecordData>()

/** The id of the column that names the record, and links to it. */
const titleColumn = 'title:'

const noRecords: RecordData[] = []

type Props = {
  object: ObjectMeta
  columns: FieldMeta[]
  records: RecordData[] | undefined
  sort?: Sort | null
  /** Without it the headers are no buttons. */
  onSort?: (field: string) => void
  stale: boolean
}

function useRecordTable(object: ObjectMeta, columns: FieldMeta[], records: RecordData[]) {
  const labels = useLabels()
  const definitions = useMemo(
    () =>
      helper.columns([
        helper.display({
          id: titleColumn,
          cell: ({ row }) => (
            <Link to="/o/$plural/$id" params={{ plural: object.plural, id: row.original.id }} className={classes['title']}>
              {titleOf(row.original, object)}
            </Link>
          ),
        }),
        ...columns.map((field) =>
          helper.display({
            id: field.name,
            cell: ({ row }) => <ValueView value={row.original.values[field.name] ?? null} field={field} />,
          }),
        ),
      ]),
    [object, columns],
  )
  const table = useTable({ features, columns: definitions, data: records, getRowId: (record) => record.id })
  return { table, labels }
}

export function RecordTable({ object, columns, records, sort = null, onSort, stale }: Props) {
  const { t } = useTranslation()
  const { table, labels } = useRecordTable(object, columns, records ?? noRecords)
  const title = titleField(object)
  const byName = useMemo(() => new Map(columns.map((field) => [field.name, field])), [columns])
  const fieldAt = (id: string) => (id === titleColumn ? title : byName.get(id))
  return (
    <div className={classes['scroll']} data-stale={stale || undefined}>
      <table className={classes['table']} aria-label={t('list.table', { objects: labels.objects(object) })} aria-busy={stale}>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => (
                <Header
                  key={header.id}
                  field={fieldAt(header.column.id)}
                  label={header.column.id === titleColumn ? labels.object(object) : ''}
                  sort={sort}
                  onSort={onSort}
                />
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          {records === undefined && <SkeletonRows width={columns.length + 1} />}
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id}>
              {row.getAllCells().map((cell) => {
                const field = fieldAt(cell.column.id)
                return (
                  <td key={cell.id} data-field={field?.name} data-numeric={(field && isNumeric(field)) || undefined}>
                    <table.FlexRender cell={cell} />
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

type HeaderProps = {
  field: FieldMeta | undefined
  label: string
  sort: Sort | null
  onSort: ((field: string) => void) | undefined
}

function Header({ field, label, sort, onSort }: HeaderProps) {
  const { t } = useTranslation()
  const labels = useLabels()
  const workspace = useWorkspace()
  if (!field) return <th scope="col">{label}</th>
  const text = labels.field(field)
  const sorted = sort?.field === field.name ? sort : null
  const Arrow = sorted?.desc ? IconArrowDown : IconArrowUp
  const direction = sorted && (sorted.desc ? 'descending' : 'ascending')
  return (
    <th scope="col" aria-sort={direction ?? undefined} data-numeric={isNumeric(field) || undefined}>
      {onSort && isSortable(field, workspace) ? (
        <UnstyledButton
          className={classes['sort'] ?? ''}
          data-on={sorted !== null || undefined}
          title={t('list.sortBy', { field: text })}
          onClick={() => onSort(field.name)}
        >
          {text}
          <Arrow size={14} stroke={2} aria-hidden="true" />
        </UnstyledButton>
      ) : (
        text
      )}
    </th>
  )
}

function SkeletonRows({ width }: { width: number }) {
  const rows = Array.from({ length: 12 }, (_, row) => row)
  const cells = Array.from({ length: width }, (_, cell) => cell)
  return rows.map((row) => (
    <tr key={row}>
      {cells.map((cell) => (
        <td key={cell}>
          <Skeleton h={12} my={4} w={cell === 0 ? 140 : 60 + ((row * 7 + cell * 13) % 40)} />
        </td>
      ))}
    </tr>
  ))
}
