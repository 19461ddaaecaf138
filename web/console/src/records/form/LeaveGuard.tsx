import { Button, Group, Modal, Text } from '@mantine/core'
import { useBlocker } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'

/** Asks before what was typed is lost. Passed is read at the time of leaving: a save may just have gone through. */
export function LeaveGuard({ dirty, passed }: { dirty: boolean; passed: { readonly current: boolean } }) {
  const { t } = useTranslation()
  const blocker = useBlocker({
    shouldBlockFn: () => dirty && !passed.current,
    enableBeforeUnload: () => dirty && !passed.current,
    withResolver: true,
  })
  const blocked = blocker.status === 'blocked'
  return (
    <Modal opened={blocked} onClose={() => blocked && blocker.reset()} title={t('record.leaveTitle')} size="sm">
      <Text size="sm">{t('record.leaveText')}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" data-autofocus onClick={() => blocked && blocker.reset()}>
          {t('record.stay')}
        </Button>
        <Button color="red" onClick={() => blocked && blocker.proceed()}>
          {t('record.leave')}
        </Button>
      </Group>
    </Modal>
  )
}
