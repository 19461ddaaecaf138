import { Alert, Button, List, Stack, Text } from '@mantine/core'
import { IconAlertCircle, IconUsers } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useProblemText } from '../../shell/problem'
import type { RecordForm } from './useRecordForm'

/** Above the form: what belongs to no field, and that fields are marked. */
export function FormProblems({ form, reload }: { form: RecordForm; reload?: () => void }) {
  const { t } = useTranslation()
  const { ofProblem } = useProblemText()
  const marked = form.unsendable.length > 0 || Object.keys(form.problems.byField).length > 0
  if (form.conflict) {
    return (
      <Alert color="yellow" variant="light" icon={<IconUsers />} title={t('record.conflictTitle')} role="alert">
        <Stack gap="sm" align="flex-start">
          <Text size="sm">{t('record.conflictText')}</Text>
          {reload && (
            <Button size="xs" variant="default" onClick={reload}>
              {t('record.conflictReload')}
            </Button>
          )}
        </Stack>
      </Alert>
    )
  }
  if (!marked && form.problems.rest.length === 0) return null
  return (
    <Alert color="red" variant="light" icon={<IconAlertCircle />} title={t('record.problems')} role="alert">
      <List size="sm" listStyleType="none">
        {form.problems.rest.map((problem, index) => (
          <List.Item key={index}>{ofProblem(problem)}</List.Item>
        ))}
        {marked && <List.Item>{t('record.checkFields')}</List.Item>}
      </List>
    </Alert>
  )
}
