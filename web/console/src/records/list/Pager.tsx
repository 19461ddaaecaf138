import { ActionIcon, Group, NativeSelect, Text } from '@mantine/core'
import { IconChevronLeft, IconChevronRight, IconChevronsLeft } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useLanguage } from '../../i18n/use'
import { countCap } from '../model'
import type { Page } from '../model'
import { formatCount, formatNumber } from '../value/format'
import { defaultSize, firstPage, pageSizes } from './search'
import type { ListSearch } from './search'

/** Stale: the page is still that of another list, and so are its cursors. */
type Props = { search: ListSearch; page: Page; stale: boolean; go: (search: ListSearch) => void }

export function Pager({ search, page, stale, go }: Props) {
  const { t } = useTranslation()
  const { locale } = useLanguage()
  const number = search.page ?? 1
  const size = search.size ?? defaultSize
  // A page that was come to from behind has something behind it, and the other way round.
  const next = search.before === undefined ? page.hasNext : true
  const previous = search.after === undefined ? page.hasPrevious : true
  const from = (number - 1) * size + 1
  const range = t('list.range', {
    from: formatNumber(from, locale),
    to: formatNumber(from + page.records.length - 1, locale),
    total: page.total === null ? '…' : formatCount(page.total, countCap, locale),
  })
  const first = firstPage(search)
  const back = () =>
    go(number <= 2 || page.start === null ? first : { ...first, before: page.start, page: number - 1 })
  const forth = () => page.end !== null && go({ ...first, after: page.end, page: number + 1 })
  return (
    <Group justify="space-between" gap="xs" px="md" py="xs" wrap="nowrap">
      <Text size="sm" className="quiet" data-testid="range">
        {page.records.length > 0 ? range : t('list.endOfList')}
      </Text>
      <Group gap={6} wrap="nowrap">
        <NativeSelect
          size="xs"
          visibleFrom="xs"
          aria-label={t('list.pageSize')}
          value={String(size)}
          onChange={(event) => go({ ...first, size: Number(event.currentTarget.value) })}
          data={pageSizes.map((value) => ({ value: String(value), label: `${String(value)} ${t('list.pageSize')}` }))}
        />
        {number > 2 && (
          <ActionIcon variant="default" size="lg" aria-label={t('list.firstPage')} onClick={() => go(first)}>
            <IconChevronsLeft size={16} />
          </ActionIcon>
        )}
        <ActionIcon variant="default" size="lg" aria-label={t('list.previous')} disabled={stale || !previous} onClick={back}>
          <IconChevronLeft size={16} />
        </ActionIcon>
        <ActionIcon variant="default" size="lg" aria-label={t('list.next')} disabled={stale || !next} onClick={forth}>
          <IconChevronRight size={16} />
        </ActionIcon>
      </Group>
    </Group>
  )
}
