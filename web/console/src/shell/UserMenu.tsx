import { Avatar, Box, Menu, SegmentedControl, Text, UnstyledButton, useMantineColorScheme } from '@mantine/core'
import type { MantineColorScheme } from '@mantine/core'
import { IconCode, IconKeyboard, IconLogout, IconSelector } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { signOut } from '../auth/session'
import { useWorkspace } from '../objects/workspace'
import { LanguageSwitch } from './LanguageSwitch'
import classes from './Shell.module.css'
import { openShortcuts } from './Shortcuts'

function useSignOut() {
  const navigate = useNavigate()
  return useMutation({
    mutationFn: signOut,
    // Even when the server does not answer, nothing of the session stays on the screen.
    onSettled: () => navigate({ to: '/sign-in' }),
  })
}

export function UserMenu() {
  const { t } = useTranslation()
  const { viewer } = useWorkspace()
  const leave = useSignOut()
  return (
    <Menu position="top-start" width={232}>
      <Menu.Target>
        <UnstyledButton className={classes['user'] ?? ''} aria-label={t('shell.account')}>
          <Avatar size={32} radius="xl" name={viewer.name} color="initials" alt="" />
          <Box style={{ flex: 1, minWidth: 0 }}>
            <Text size="sm" fw={550} truncate>
              {viewer.name}
            </Text>
            <Text size="xs" className="quiet" truncate>
              {viewer.email}
            </Text>
          </Box>
          <IconSelector size={16} stroke={1.7} aria-hidden="true" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('language.label')}</Menu.Label>
        <Box px="xs" pb="xs">
          <LanguageSwitch fullWidth />
        </Box>
        <Menu.Label>{t('shell.scheme')}</Menu.Label>
        <Box px="xs" pb="xs">
          <SchemeSwitch />
        </Box>
        <Menu.Divider />
        <Menu.Item leftSection={<IconKeyboard size={16} stroke={1.7} />} onClick={openShortcuts}>
          {t('shell.shortcuts')}
        </Menu.Item>
        <Menu.Item leftSection={<IconCode size={16} stroke={1.7} />} component="a" href="/graphiql">
          {t('shell.graphiql')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} stroke={1.7} />} onClick={() => leave.mutate()}>
          {t('auth.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function SchemeSwitch() {
  const { t } = useTranslation()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <SegmentedControl<MantineColorScheme>
      aria-label={t('shell.scheme')}
      size="xs"
      fullWidth
      value={colorScheme}
      onChange={setColorScheme}
      data={[
        { value: 'light', label: t('shell.light') },
        { value: 'dark', label: t('shell.dark') },
        { value: 'auto', label: t('shell.auto') },
      ]}
    />
  )
}
