import { Alert, Button, Stack, Text } from '@mantine/core'
import { IconAlertCircle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useProblemText } from './problem'

/** What failed, in plain words, and a way on: to try again unless another is named. */
export function ErrorNote({ error, retry, again }: { error: unknown; retry?: () => void; again?: string | undefined }) {
  const { t } = useTranslation()
  const { ofError } = useProblemText()
  return (
    <Alert color="red" variant="light" icon={<IconAlertCircle />} title={t('error.title')} role="alert">
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{ofError(error)}</Text>
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            {again ?? t('error.retry')}
          </Button>
        )}
      </Stack>
    </Alert>
  )
}
