import { Button, CloseButton, FileButton, Group, Stack, Text } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useLanguage } from '../../i18n/use'
import type { FieldMeta } from '../../objects/model'
import { useProblemText } from '../../shell/problem'
import { uploadFile } from '../api'
import type { FileRef, Files } from '../model'
import { formatSize } from '../value/format'
import type { Common } from './KindInputs'

type Props = Common & { field: FieldMeta; value: FileRef[]; onChange: (value: Files) => void }

/** The files there are, and a button that uploads more: the record gets them when it is saved. */
export function FilesInput({ id, field, value, onChange, ...common }: Props) {
  const { t } = useTranslation()
  const { locale } = useLanguage()
  const { ofError } = useProblemText()
  const upload = useMutation({
    mutationFn: (chosen: File[]) => Promise.all(chosen.map((file) => uploadFile(file))),
    onSuccess: (added) => onChange({ files: field.maxFiles > 1 ? [...value, ...added] : added }),
  })
  const room = field.maxFiles > 1 ? field.maxFiles - value.length : 1
  return (
    <Stack gap={6} align="flex-start">
      {value.map((file) => (
        <Group key={file.id} gap={6} wrap="nowrap">
          <Text size="sm">{file.name}</Text>
          <Text size="sm" className="quiet">
            {formatSize(file.size, locale)}
          </Text>
          <CloseButton size="sm" aria-label={t('field.removeFile', { name: file.name })} onClick={() => onChange({ files: value.filter(({ id: other }) => other !== file.id) })} />
        </Group>
      ))}
      {room > 0 && (
        <FileButton multiple onChange={(chosen) => chosen.length > 0 && upload.mutate(chosen.slice(0, room))}>
          {(props) => (
            <Button {...props} id={id} aria-describedby={common['aria-describedby']} size="xs" variant="default" leftSection={<IconUpload size={14} />} loading={upload.isPending}>
              {t('field.upload')}
            </Button>
          )}
        </FileButton>
      )}
      {upload.isError && (
        <Text size="xs" c="red" role="alert">
          {ofError(upload.error)}
        </Text>
      )}
    </Stack>
  )
}
