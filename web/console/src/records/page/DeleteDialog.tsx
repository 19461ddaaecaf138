import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { QueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { ObjectMeta } from '../../objects/model'
import { useProblemText } from '../../shell/problem'
import { deleteRecord, recordsKey, restoreRecord } from '../api'
import type { RecordData } from '../model'
import { titleOf } from '../read'

type Props = { object: ObjectMeta; record: RecordData; opened: boolean; onClose: () => void }

/** How long one may change one's mind, in milliseconds. */
const undoTime = 10_000

type Undo = {
  object: ObjectMeta
  id: string
  title: string
  t: TFunction<'console'>
  queryClient: QueryClient
  words: (error: unknown) => string
  back: () => void
}

/** Says that the record is gone, and brings it back on request. */
function offerUndo({ object, id, title, t, queryClient, words, back }: Undo): void {
  const undo = async (notice: string) => {
    notifications.hide(notice)
    try {
      await restoreRecord(object, id)
      await queryClient.invalidateQueries({ queryKey: recordsKey })
      notifications.show({ message: t('record.restored', { title }) })
      back()
    } catch (error) {
      notifications.show({ color: 'red', title: t('record.restoreFailed'), message: words(error) })
    }
  }
  const notice = notifications.show({
    autoClose: undoTime,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{t('record.deleted', { title })}</Text>
        <Button size="compact-sm" variant="light" onClick={() => void undo(notice)}>
          {t('record.undo')}
        </Button>
      </Group>
    ),
  })
}

export function DeleteDialog({ object, record, opened, onClose }: Props) {
  const { t } = useTranslation()
  const { ofError } = useProblemText()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const title = titleOf(record, object)
  const mutation = useMutation({
    mutationFn: () => deleteRecord(object, record.id, record.version),
    onSuccess: async () => {
      onClose()
      await navigate({ to: '/o/$plural', params: { plural: object.plural } })
      await queryClient.invalidateQueries({ queryKey: recordsKey })
      const back = () => void navigate({ to: '/o/$plural/$id', params: { plural: object.plural, id: record.id } })
      offerUndo({ object, id: record.id, title, t, queryClient, words: ofError, back })
    },
  })
  return (
    <Modal opened={opened} onClose={onClose} title={t('record.deleteTitle', { title })} size="sm">
      <Stack gap="md">
        <Text size="sm">{t('record.deleteText')}</Text>
        {mutation.isError && (
          <Alert color="red" variant="light" role="alert" title={t('record.deleteFailed')}>
            {ofError(mutation.error)}
          </Alert>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t('record.cancel')}
          </Button>
          <Button color="red" loading={mutation.isPending} onClick={() => mutation.mutate()}>
            {t('record.delete')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
