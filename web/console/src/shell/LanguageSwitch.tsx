import { SegmentedControl } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { chooseLanguage, languages } from '../i18n'
import type { Language } from '../i18n'
import { useLanguage } from '../i18n/use'

export function LanguageSwitch({ fullWidth = false }: { fullWidth?: boolean }) {
  const { t } = useTranslation()
  const { language } = useLanguage()
  return (
    <SegmentedControl<Language>
      aria-label={t('language.label')}
      size="xs"
      fullWidth={fullWidth}
      value={language}
      onChange={chooseLanguage}
      data={languages.map((value) => ({ value, label: t(`language.${value}`) }))}
    />
  )
}
