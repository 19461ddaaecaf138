import { Button, Container, SimpleGrid, Skeleton, Text, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useLabels, useLanguage } from '../i18n/use'
import { countsOptions } from '../records/api'
import { countCap } from '../records/model'
import { formatCount } from '../records/value/format'
import { Empty } from '../shell/Empty'
import { usePageTitle } from '../shell/title'
import { groupObjects } from './groups'
import classes from './HomePage.module.css'
import type { ObjectMeta } from './model'
import { ObjectIcon } from './ObjectIcon'
import { useWorkspace } from './workspace'

/** What the caller can work with, and how much there is of it: the main objects, and the others on request. */
export function HomePage() {
  const { t } = useTranslation()
  const { language } = useLanguage()
  const { viewer, objects } = useWorkspace()
  const groups = useMemo(() => groupObjects(objects, language), [objects, language])
  const [unfolded, { toggle }] = useDisclosure(false)
  usePageTitle(t('shell.home'))
  // A workspace without objects of its own people begins with what it has.
  const first = groups.main.length > 0 ? groups.main : groups.base
  const rest = [...(first === groups.base ? [] : groups.base), ...groups.parts]
  return (
    <Container size="lg" px={{ base: 'md', sm: 'xl' }} py={{ base: 'lg', sm: 40 }}>
      <Title order={1}>{t('home.hello', { name: viewer.name })}</Title>
      {first.length + rest.length === 0 ? (
        <Empty icon={<IconLock size={26} stroke={1.6} />} title={t('home.none')} text={t('home.noneText')} />
      ) : (
        <>
          <Text className="quiet" mt={4} mb="xl">
            {t('home.intro')}
          </Text>
          <Tiles objects={first} />
          {unfolded && first !== groups.base && <Tiles objects={groups.base} title={t('shell.base')} />}
          {unfolded && <Tiles objects={groups.parts} title={t('home.parts')} />}
          {rest.length > 0 && (
            <Button variant="default" mt="xl" onClick={toggle} aria-expanded={unfolded}>
              {unfolded ? t('home.showFewer') : t('home.showAll', { count: first.length + rest.length })}
            </Button>
          )}
        </>
      )}
    </Container>
  )
}

function Tiles({ objects, title }: { objects: ObjectMeta[]; title?: string }) {
  const { data: counts, isPending } = useQuery({ ...countsOptions(objects), enabled: objects.length > 0 })
  if (objects.length === 0) return null
  return (
    <>
      {title !== undefined && (
        <Title order={2} fz="md" mt="xl" mb="md">
          {title}
        </Title>
      )}
      <SimpleGrid cols={{ base: 1, xs: 2, lg: 3 }} spacing="md">
        {objects.map((object) => (
          <Tile key={object.name} object={object} count={counts?.get(object.name)} isPending={isPending} />
        ))}
      </SimpleGrid>
    </>
  )
}

function Tile({ object, count, isPending }: { object: ObjectMeta; count: number | null | undefined; isPending: boolean }) {
  const labels = useLabels()
  const { t } = useTranslation()
  const { locale } = useLanguage()
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
