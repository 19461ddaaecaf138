import { Button, Group, Text, Title } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconFilterOff, IconInbox, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Code, codeOf } from '../../api/error'
import { useLabels, useLanguage } from '../../i18n/use'
import { titleField } from '../../objects/model'
import type { ObjectMeta } from '../../objects/model'
import { useWorkspace } from '../../objects/workspace'
import { Empty } from '../../shell/Empty'
import { ErrorNote } from '../../shell/ErrorNote'
import { useKey } from '../../shell/keys'
import { NotFound } from '../../shell/NotFound'
import { usePageTitle } from '../../shell/title'
import { listOptions } from '../api'
import { FilterBar } from '../filter/FilterBar'
import { countCap } from '../model'
import { nextSort, readSort, writeSort } from '../sort'
import { formatCount } from '../value/format'
import { ColumnMenu } from './ColumnMenu'
import { useColumns } from './columns'
import classes from './ListPage.module.css'
import { Pager } from './Pager'
import { RecordCards } from './RecordCards'
import { RecordTable } from './RecordTable'
import { firstPage } from './search'
import type { ListSearch } from './search'

export function ListPage() {
  const { plural } = useParams({ from: '/app/o/$plural' })
  const object = useWorkspace().plural(plural)
  return object ? <ObjectList key={object.name} object={object} /> : <NotFound />
}

function useList(object: ObjectMeta) {
  const workspace = useWorkspace()
  const search = useSearch({ from: '/app/o/$plural' })
  const navigate = useNavigate()
  const columns = useColumns(object, workspace)
  const fields = useMemo(() => {
    const title = titleField(object)
    return title ? [title, ...columns.columns] : columns.columns
  }, [object, columns.columns])
  const query = useQuery(listOptions(object, fields, search, workspace))
  const go = (next: ListSearch) =>
    void navigate({ to: '/o/$plural', params: { plural: object.plural }, search: next })
  return { search, columns, query, go }
}

function ObjectList({ object }: { object: ObjectMeta }) {
  const labels = useLabels()
  const { search, columns, query, go } = useList(object)
  const narrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false })
  const sort = readSort(search.sort)
  usePageTitle(labels.objects(object))

  const onSort = (field: string) => go({ ...firstPage(search), sort: writeSort(nextSort(sort, field)) })
  const page = query.data
  const shown = { object, columns: columns.columns, records: page?.records, stale: query.isPlaceholderData }
  const empty = page !== undefined && page.records.length === 0 && search.after === undefined && search.before === undefined

  return (
    <section className={classes['page']}>
      <ListHeader object={object} total={page?.total ?? null} />
      <Group justify="space-between" align="flex-start" gap="sm" mb="sm" wrap="nowrap">
        <FilterBar object={object} texts={search.f ?? []} onChange={(f) => go({ ...firstPage(search), f })} />
        <ColumnMenu {...columns} />
      </Group>
      {query.isError ? (
        <ListError error={query.error} search={search} go={go} retry={() => void query.refetch()} />
      ) : (
        <div className={`card ${classes['list'] ?? ''}`}>
          {empty ? (
            <EmptyList object={object} filtered={search.f !== undefined} clear={() => go({ ...firstPage(search), f: undefined })} />
          ) : (
            <>
              {narrow ? <RecordCards {...shown} /> : <RecordTable {...shown} sort={sort} onSort={onSort} />}
              {page && (
                <div className={classes['pager']}>
                  <Pager search={search} page={page} stale={query.isPlaceholderData} go={go} />
                </div>
              )}
            </>
          )}
        </div>
      )}
    </section>
  )
}

type ListErrorProps = { error: unknown; search: ListSearch; go: (search: ListSearch) => void; retry: () => void }

/** A place in a list may be no more: then the way on is to its beginning. */
function ListError({ error, search, go, retry }: ListErrorProps) {
  const { t } = useTranslation()
  const paged = search.after !== undefined || search.before !== undefined
  if (!paged || codeOf(error) !== Code.invalidInput) return <ErrorNote error={error} retry={retry} />
  return <ErrorNote error={error} retry={() => go(firstPage(search))} again={t('list.firstPage')} />
}

function ListHeader({ object, total }: { object: ObjectMeta; total: number | null }) {
  const { t } = useTranslation()
  const labels = useLabels()
  const { locale } = useLanguage()
  const navigate = useNavigate()
  useKey('n', () => void navigate({ to: '/o/$plural/new', params: { plural: object.plural } }), object.canCreate)
  return (
    <Group justify="space-between" mb="md" wrap="nowrap" align="center">
      <Group gap="sm" align="baseline" style={{ rowGap: 0 }}>
        <Title order={1}>{labels.objects(object)}</Title>
        {total !== null && (
          <Text className="quiet" size="sm" data-testid="total">
            {t('list.count', { count: total, shown: formatCount(total, countCap, locale) })}
          </Text>
        )}
      </Group>
      {object.canCreate && (
        <Button
          style={{ flex: 'none' }}
          leftSection={<IconPlus size={16} stroke={2} />}
          renderRoot={(props) => <Link to="/o/$plural/new" params={{ plural: object.plural }} {...props} />}
        >
          {t('list.new')}
        </Button>
      )}
    </Group>
  )
}

function EmptyList({ object, filtered, clear }: { object: ObjectMeta; filtered: boolean; clear: () => void }) {
  const { t } = useTranslation()
  const labels = useLabels()
  if (filtered) {
    return (
      <Empty icon={<IconFilterOff size={26} stroke={1.6} />} title={t('list.noMatch')} text={t('list.noMatchText')}>
        <Button variant="light" mt="md" onClick={clear}>
          {t('list.clear')}
        </Button>
      </Empty>
    )
  }
  return (
    <Empty
      icon={<IconInbox size={26} stroke={1.6} />}
      title={t('list.noRecords', { objects: labels.objects(object).toLocaleLowerCase() })}
      text={t('list.noRecordsText')}
    >
      {object.canCreate && (
        <Button
          variant="light"
          mt="md"
          renderRoot={(props) => <Link to="/o/$plural/new" params={{ plural: object.plural }} {...props} />}
        >
          {t('list.newObject', { object: labels.object(object).toLocaleLowerCase() })}
        </Button>
      )}
    </Empty>
  )
}
