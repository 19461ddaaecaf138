import { ActionIcon, Box, Button, Group, Menu, Text, Title } from '@mantine/core'
import { useClipboard, useDisclosure } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { IconDots, IconLink, IconPencil, IconTrash } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useLabels } from '../../i18n/use'
import type { ObjectMeta } from '../../objects/model'
import { ObjectIcon } from '../../objects/ObjectIcon'
import { useKey } from '../../shell/keys'
import type { RecordData } from '../model'
import { titleOf } from '../read'
import { DeleteDialog } from './DeleteDialog'
import classes from './RecordPage.module.css'

type Props = {
  object: ObjectMeta
  record: RecordData
  editing: boolean
  /** Null when there is nothing the caller may change. */
  onEdit: (() => void) | null
}

export function RecordHeader({ object, record, editing, onEdit }: Props) {
  const { t } = useTranslation()
  const labels = useLabels()
  useKey('e', () => onEdit?.(), onEdit !== null && !editing)
  return (
    <Group justify="space-between" align="flex-start" wrap="nowrap" mb="lg">
      <Group gap="md" wrap="nowrap" style={{ minWidth: 0 }}>
        <span className={classes['icon']}>
          <ObjectIcon object={object} size={22} />
        </span>
        <Box style={{ minWidth: 0 }}>
          <Text size="sm" className="quiet" component="div">
            <Link to="/o/$plural" params={{ plural: object.plural }} className={classes['crumb']}>
              {labels.objects(object)}
            </Link>
          </Text>
          <Title order={1} lineClamp={2}>
            {titleOf(record, object)}
          </Title>
        </Box>
      </Group>
      {!editing && (
        <Group gap="xs" wrap="nowrap" style={{ flex: 'none' }}>
          {onEdit && (
            <Button variant="default" leftSection={<IconPencil size={16} stroke={1.7} />} onClick={onEdit}>
              {t('record.edit')}
            </Button>
          )}
          <MoreMenu object={object} record={record} />
        </Group>
      )}
    </Group>
  )
}

function MoreMenu({ object, record }: { object: ObjectMeta; record: RecordData }) {
  const { t } = useTranslation()
  const clipboard = useClipboard()
  const [deleting, { open, close }] = useDisclosure(false)
  const copy = () => {
    clipboard.copy(window.location.href)
    notifications.show({ message: t('record.copied') })
  }
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={t('record.more')}>
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconLink size={16} stroke={1.7} />} onClick={copy}>
            {t('record.copyLink')}
          </Menu.Item>
          {object.canDelete && (
            <Menu.Item color="red" leftSection={<IconTrash size={16} stroke={1.7} />} onClick={open}>
              {t('record.delete')}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <DeleteDialog object={object} record={record} opened={deleting} onClose={close} />
    </>
  )
}
