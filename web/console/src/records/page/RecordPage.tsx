import { Container, Skeleton, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { Code, codeOf } from '../../api/error'
import { ownFields, recordFields } from '../../objects/model'
import type { FieldMeta, ObjectMeta } from '../../objects/model'
import { useWorkspace } from '../../objects/workspace'
import { ErrorNote } from '../../shell/ErrorNote'
import { NotFound } from '../../shell/NotFound'
import { usePageTitle } from '../../shell/title'
import { recordOptions } from '../api'
import { writableFields } from '../form/draft'
import type { RecordData } from '../model'
import { titleOf } from '../read'
import { RecordEdit } from './RecordEdit'
import { RecordHeader } from './RecordHeader'
import { RecordView } from './RecordView'
import { RelatedLists } from './RelatedLists'

/** What the server says of an id that is none, or of a record one may not see. */
const unseen = new Set<string>([Code.notFound, Code.forbidden, Code.invalidInput])

export function RecordPage() {
  const { plural, id } = useParams({ from: '/app/o/$plural/$id' })
  const object = useWorkspace().plural(plural)
  return object ? <LoadedRecord key={`${object.name}:${id}`} object={object} id={id} /> : <NotFound />
}

/** Everything the caller may see of a record, in the order of the page. */
function usePageFields(object: ObjectMeta): FieldMeta[] {
  const workspace = useWorkspace()
  return useMemo(() => [...ownFields(object, workspace), ...recordFields(object)], [object, workspace])
}

function LoadedRecord({ object, id }: { object: ObjectMeta; id: string }) {
  const workspace = useWorkspace()
  const fields = usePageFields(object)
  const query = useQuery(recordOptions(object, fields, id, workspace))
  if (query.data === null || (query.isError && unseen.has(codeOf(query.error)))) return <NotFound />
  return (
    <Container size={1120} px={{ base: 'md', sm: 'xl' }} py={{ base: 'md', sm: 28 }}>
      {query.isError && <ErrorNote error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && <Loading />}
      {query.data && (
        <Page object={object} record={query.data} reload={async () => (await query.refetch()).data ?? null} />
      )}
    </Container>
  )
}

type PageProps = { object: ObjectMeta; record: RecordData; reload: () => Promise<RecordData | null> }

function Page({ object, record, reload }: PageProps) {
  const workspace = useWorkspace()
  const [editing, setEditing] = useState(false)
  const editable = object.canUpdate && writableFields(ownFields(object, workspace)).length > 0
  usePageTitle(titleOf(record, object))
  return (
    <>
      <RecordHeader object={object} record={record} editing={editing} onEdit={editable ? () => setEditing(true) : null} />
      {editing ? (
        <RecordEdit object={object} record={record} reload={reload} onDone={() => setEditing(false)} />
      ) : (
        <RecordView object={object} record={record} />
      )}
      <RelatedLists object={object} record={record} />
    </>
  )
}

function Loading() {
  return (
    <Stack gap="lg">
      <Skeleton h={28} w={260} />
      <Skeleton h={280} radius="lg" />
      <Skeleton h={180} radius="lg" />
    </Stack>
  )
}
