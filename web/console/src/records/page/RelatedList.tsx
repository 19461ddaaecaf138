import { Badge, Button, Group, Skeleton, Text, Title } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useLanguage } from '../../i18n/use'
import { titleField } from '../../objects/model'
import type { FieldMeta, ObjectMeta, RelationMeta, Workspace } from '../../objects/model'
import { ObjectIcon } from '../../objects/ObjectIcon'
import { useWorkspace } from '../../objects/workspace'
import { ErrorNote } from '../../shell/ErrorNote'
import { relatedOptions } from '../api'
import { choosable, defaultColumns } from '../list/columns'
import { RecordTable } from '../list/RecordTable'
import { countCap } from '../model'
import type { RecordData } from '../model'
import { formatCount } from '../value/format'
import classes from './RecordPage.module.css'
import { addressOf, useListName } from './relation'

/** Columns beside the title: a related list is a glance, not the list itself. */
const width = 4

type Props = { object: ObjectMeta; record: RecordData; relation: RelationMeta }

export function RelatedList(props: Props) {
  const listed = useWorkspace().object(props.relation.object)
  return listed ? <List {...props} listed={listed} /> : null
}

/** The usual columns, without the one that leads back here. */
function relatedColumns(listed: ObjectMeta, relation: RelationMeta, workspace: Workspace): FieldMeta[] {
  const names = new Set(defaultColumns(listed, workspace))
  return choosable(listed, workspace)
    .filter((field) => names.has(field.name) && field.name !== relation.field)
    .slice(0, width)
}

function List({ object, record, relation, listed }: Props & { listed: ObjectMeta }) {
  const { t } = useTranslation()
  const workspace = useWorkspace()
  const columns = useMemo(() => relatedColumns(listed, relation, workspace), [listed, relation, workspace])
  const fields = useMemo(() => {
    const title = titleField(listed)
    return title ? [title, ...columns] : columns
  }, [listed, columns])
  const query = useQuery(relatedOptions(object, record.id, relation, fields, workspace))
  const empty = query.data?.records.length === 0
  return (
    <section className={`card ${classes['related'] ?? ''}`} data-relation={relation.name}>
      <RelatedHeader object={object} listed={listed} relation={relation} record={record} total={query.data?.total ?? null} />
      {query.isError && <ErrorNote error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && <Skeleton h={72} m="md" />}
      {empty && (
        <Text size="sm" className="quiet" px="lg" pb="md">
          {t('record.relatedNone')}
        </Text>
      )}
      {query.data && !empty && (
        <div className={classes['relatedTable']}>
          <RecordTable object={listed} columns={columns} records={query.data.records} stale={false} />
        </div>
      )}
    </section>
  )
}

type HeaderProps = Props & { listed: ObjectMeta; total: number | null }

function RelatedHeader({ object, listed, relation, record, total }: HeaderProps) {
  const { t } = useTranslation()
  const { locale } = useLanguage()
  const { name, by } = useListName(object, relation, listed)
  const { create, filter } = addressOf(object, record.id, relation, listed)
  return (
    <Group justify="space-between" px="lg" py="sm" wrap="nowrap">
      <Group gap="xs" wrap="nowrap">
        <ObjectIcon object={listed} />
        <Title order={2} fz="md">
          {name}
        </Title>
        {by !== null && (
          <Text size="sm" className="quiet">
            {by}
          </Text>
        )}
        {total !== null && total > 0 && (
          <Badge variant="default" size="sm" radius="sm" data-testid="related-total">
            {formatCount(total, countCap, locale)}
          </Badge>
        )}
      </Group>
      <Group gap={4} wrap="nowrap">
        {create !== null && (
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<IconPlus size={14} />}
            renderRoot={(props) => <Link to="/o/$plural/new" params={{ plural: listed.plural }} search={{ with: create }} {...props} />}
          >
            {t('list.new')}
          </Button>
        )}
        {total !== null && total > 0 && filter !== null && (
          <Button
            size="compact-sm"
            variant="subtle"
            renderRoot={(props) => <Link to="/o/$plural" params={{ plural: listed.plural }} search={{ f: [filter] }} {...props} />}
          >
            {t('record.showAll')}
          </Button>
        )}
      </Group>
    </Group>
  )
}
