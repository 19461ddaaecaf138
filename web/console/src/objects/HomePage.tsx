import { Container, SimpleGrid, Skeleton, Text, Title } from '@mantine/core'
import { IconLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useLabels, useLanguage } from '../i18n/use'
import { countOptions } from '../records/api'
import { countCap } from '../records/model'
import { formatCount } from '../records/value/format'
import { Empty } from '../shell/Empty'
import { usePageTitle } from '../shell/title'
import classes from './HomePage.module.css'
import type { ObjectMeta } from './model'
import { ObjectIcon } from './ObjectIcon'
import { useWorkspace } from './workspace'

/** What the caller can work with, and how much there is of it. */
export function HomePage() {
  const { t } = useTranslation()
  const { viewer, objects } = useWorkspace()
  usePageTitle(t('shell.home'))
  const shown = objects.filter((object) => !object.system)
  return (
    <Container size="lg" px={{ base: 'md', sm: 'xl' }} py={{ base: 'lg', sm: 40 }}>
      <Title order={1}>{t('home.hello', { name: viewer.name })}</Title>
      {shown.length === 0 ? (
        <Empty icon={<IconLock size={26} stroke={1.6} />} title={t('home.none')} text={t('home.noneText')} />
      ) : (
        <>
          <Text className="quiet" mt={4} mb="xl">
            {t('home.intro')}
          </Text>
          <SimpleGrid cols={{ base: 1, xs: 2, lg: 3 }} spacing="md">
            {shown.map((object) => (
              <Tile key={object.name} object={object} />
            ))}
          </SimpleGrid>
        </>
      )}
    </Container>
  )
}

function Tile({ object }: { object: ObjectMeta }) {
  const labels = useLabels()
  const { t } = useTranslation()
  const { locale } = useLanguage()
  const { data: count, isPending } = useQuery(countOptions(object))
  return (
    <Link to="/o/$plural" params={{ plural: object.plural }} className={`card ${classes['tile'] ?? ''}`}>
      <span className={classes['icon']}>
        <ObjectIcon object={object} size={22} />
      </span>
      <span>
        <Text span display="block" fw={600}>
          {labels.objects(object)}
        </Text>
        {isPending ? (
          <Skeleton h={14} w={80} mt={6} />
        ) : (
          <Text span display="block" size="sm" className="quiet">
            {typeof count === 'number' && t('list.count', { count, shown: formatCount(count, countCap, locale) })}
          </Text>
        )}
      </span>
    </Link>
  )
}
