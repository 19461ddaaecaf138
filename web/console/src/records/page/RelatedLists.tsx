import { Button, Group, Skeleton, Stack, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChevronDown, IconChevronRight, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useLabels } from '../../i18n/use'
import { shownRelations } from '../../objects/model'
import type { ObjectMeta, RelationMeta } from '../../objects/model'
import { useWorkspace } from '../../objects/workspace'
import { ErrorNote } from '../../shell/ErrorNote'
import { filledOptions } from '../api'
import type { RecordData } from '../model'
import classes from './RecordPage.module.css'
import { RelatedList } from './RelatedList'
import { addressOf, useListName } from './relation'

/** The related lists of a record: those with records in them, and at the end, folded, what may be begun in the others. */
export function RelatedLists({ object, record }: { object: ObjectMeta; record: RecordData }) {
  const workspace = useWorkspace()
  const relations = shownRelations(object, workspace)
  const names = relations.map((relation) => relation.name)
  const query = useQuery({ ...filledOptions(object, record.id, names), enabled: names.length > 0 })
  if (names.length === 0) return null
  if (query.isError) return <ErrorNote error={query.error} retry={() => void query.refetch()} />
  if (query.data === undefined) return <Skeleton h={72} mt="lg" radius="lg" />
  const filled = new Set(query.data)
  return (
    <Stack gap="md" mt="lg">
      {relations
        .filter((relation) => filled.has(relation.name))
        .map((relation) => (
          <RelatedList key={relation.name} object={object} record={record} relation={relation} />
        ))}
      <EmptyLists object={object} record={record} relations={relations.filter((relation) => !filled.has(relation.name))} />
    </Stack>
  )
}

function EmptyLists({ object, record, relations }: { object: ObjectMeta; record: RecordData; relations: RelationMeta[] }) {
  const { t } = useTranslation()
  const [opened, { toggle }] = useDisclosure(false)
  if (relations.length === 0) return null
  return (
    <section className={`card ${classes['empty'] ?? ''}`} data-testid="empty-lists">
      <UnstyledButton className={classes['fold']} onClick={toggle} aria-expanded={opened}>
        {opened ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
        {t('record.empty', { count: relations.length })}
      </UnstyledButton>
      {opened && (
        <Group gap="xs" mt="sm">
          {relations.map((relation) => (
            <NewChip key={relation.name} object={object} record={record} relation={relation} />
          ))}
        </Group>
      )}
    </section>
  )
}

function NewChip({ object, record, relation }: { object: ObjectMeta; record: RecordData; relation: RelationMeta }) {
  const listed = useWorkspace().object(relation.object)
  return listed ? <Chip object={object} record={record} relation={relation} listed={listed} /> : null
}

type ChipProps = { object: ObjectMeta; record: RecordData; relation: RelationMeta; listed: ObjectMeta }

/** Begins a record of an empty list; where one may not, the name of the list alone. */
function Chip({ object, record, relation, listed }: ChipProps) {
  const { t } = useTranslation()
  const labels = useLabels()
  const { name, by } = useListName(object, relation, listed)
  const { create } = addressOf(object, record.id, relation, listed)
  const suffix = by === null ? '' : ` · ${by}`
  if (create === null) {
    return (
      <Button size="compact-sm" variant="default" disabled data-relation={relation.name}>
        {name}
        {suffix}
      </Button>
    )
  }
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<IconPlus size={13} />}
      data-relation={relation.name}
      renderRoot={(props) => <Link to="/o/$plural/new" params={{ plural: listed.plural }} search={{ with: create }} {...props} />}
    >
      {t('list.newObject', { object: labels.object(listed).toLocaleLowerCase() })}
      {suffix}
    </Button>
  )
}
