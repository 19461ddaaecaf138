import { AppShell, Burger, Group, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { Logo } from './Logo'
import classes from './Shell.module.css'
import { Shortcuts } from './Shortcuts'
import { Sidebar } from './Sidebar'

/** The frame around every page: the objects at the side, the page in the middle. */
export function Shell() {
  const { t } = useTranslation()
  const [opened, { toggle, close }] = useDisclosure(false)
  const path = useRouterState({ select: (state) => state.location.pathname })
  useEffect(close, [path, close])
  return (
    <AppShell
      header={{ height: { base: 52, md: 0 } }}
      navbar={{ width: 248, breakpoint: 'md', collapsed: { mobile: !opened } }}
      padding={0}
    >
      <a href="#content" className="skip">
        {t('app.skip')}
      </a>
      <AppShell.Header hiddenFrom="md" className={classes['header']}>
        <Group h="100%" px="md" gap="sm">
          <Burger opened={opened} onClick={toggle} size="sm" aria-label={t('shell.menu')} />
          <Link to="/" className={classes['brand']}>
            <Logo size={24} />
            <Text fw={650}>{t('app.name')}</Text>
          </Link>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes['navbar']} aria-label={t('shell.menu')}>
        <Sidebar />
      </AppShell.Navbar>
      <AppShell.Main>
        <div id="content" tabIndex={-1} className={classes['content']}>
          <Outlet />
        </div>
      </AppShell.Main>
      <Shortcuts />
    </AppShell>
  )
}
