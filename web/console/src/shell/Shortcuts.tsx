import { Group, Kbd, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure, useWindowEvent } from '@mantine/hooks'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useKey } from './keys'

const openEvent = 'trellis:shortcuts'

export function openShortcuts(): void {
  window.dispatchEvent(new Event(openEvent))
}

const shortcuts = [
  { keys: ['/'], text: 'keys.filter' },
  { keys: ['n'], text: 'keys.create' },
  { keys: ['e'], text: 'keys.edit' },
  { keys: ['Ctrl', 'S'], text: 'keys.save' },
  { keys: ['g'], text: 'keys.find' },
  { keys: ['h'], text: 'keys.home' },
  { keys: ['Esc'], text: 'keys.close' },
  { keys: ['?'], text: 'keys.help' },
] as const

/** The list of shortcuts, and those that work on every page. */
export function Shortcuts() {
  const { t } = useTranslation()
  const [opened, { open, close }] = useDisclosure(false)
  const navigate = useNavigate()
  useWindowEvent(openEvent, open)
  useKey('?', open)
  useKey('h', () => void navigate({ to: '/' }))
  useKey('/', () => document.querySelector<HTMLElement>('[data-filter]')?.click())
  return (
    <Modal opened={opened} onClose={close} title={t('shell.shortcuts')} size="sm">
      <Stack gap="sm">
        {shortcuts.map(({ keys, text }) => (
          <Group key={text} justify="space-between">
            <Text size="sm">{t(text)}</Text>
            <Group gap={4}>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </Group>
          </Group>
        ))}
      </Stack>
    </Modal>
  )
}
