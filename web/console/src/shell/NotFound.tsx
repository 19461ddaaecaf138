import { Button } from '@mantine/core'
import { IconMapQuestion } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { usePageTitle } from './title'
import { Empty } from './Empty'

/** Not there and not allowed look the same: which of the two it is, is itself something to know. */
export function NotFound() {
  const { t } = useTranslation()
  usePageTitle(t('missing.title'))
  return (
    <Empty icon={<IconMapQuestion size={28} stroke={1.6} />} title={t('missing.title')} text={t('missing.text')}>
      <Button component={Link} to="/" variant="light" mt="md">
        {t('missing.back')}
      </Button>
    </Empty>
  )
}
