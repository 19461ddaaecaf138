import { Box, Text } from '@mantine/core'
import { IconHome } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useLabels } from '../i18n/use'
import type { ObjectMeta } from '../objects/model'
import { ObjectIcon } from '../objects/ObjectIcon'
import { useWorkspace } from '../objects/workspace'
import { Logo } from './Logo'
import classes from './Shell.module.css'
import { UserMenu } from './UserMenu'

export function Sidebar() {
  const { t } = useTranslation()
  const { objects } = useWorkspace()
  return (
    <>
      <Box className={classes['top']} visibleFrom="md">
        <Link to="/" className={classes['brand']}>
          <Logo />
          <Text fw={650} fz="lg">
            {t('app.name')}
          </Text>
        </Link>
      </Box>
      <div className={classes['nav']}>
        <Box pt={{ base: 'sm', md: 0 }}>
          <Link to="/" className={classes['link']} activeOptions={{ exact: true }}>
            <IconHome size={18} stroke={1.7} />
            {t('shell.home')}
          </Link>
        </Box>
        <Section title={t('shell.objects')} objects={objects.filter((object) => !object.system)} />
        <Section title={t('shell.people')} objects={objects.filter((object) => object.system)} />
      </div>
      <div className={classes['bottom']}>
        <UserMenu />
      </div>
    </>
  )
}

function Section({ title, objects }: { title: string; objects: ObjectMeta[] }) {
  const labels = useLabels()
  if (objects.length === 0) return null
  return (
    <>
      <div className={classes['section']}>{title}</div>
      {objects.map((object) => (
        <Link
          key={object.name}
          to="/o/$plural"
          params={{ plural: object.plural }}
          activeOptions={{ includeSearch: false }}
          className={classes['link']}
        >
          <ObjectIcon object={object} />
          {labels.objects(object)}
        </Link>
      ))}
    </>
  )
}
