import { Button, Checkbox, Group, Popover, ScrollArea, Stack, Text, TextInput } from '@mantine/core'
import { IconColumns3 } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLabels } from '../../i18n/use'
import type { FieldMeta } from '../../objects/model'

type Props = {
  all: FieldMeta[]
  columns: FieldMeta[]
  choose: (names: string[]) => void
  reset: () => void
}

export function ColumnMenu({ all, columns, choose, reset }: Props) {
  const { t } = useTranslation()
  const labels = useLabels()
  const [text, setText] = useState('')
  const found = all.filter((field) => labels.field(field).toLocaleLowerCase().includes(text.trim().toLocaleLowerCase()))
  return (
    <Popover position="bottom-end" width={264} trapFocus onClose={() => setText('')}>
      <Popover.Target>
        <Button variant="default" size="sm" leftSection={<IconColumns3 size={16} stroke={1.7} />}>
          {t('list.columns')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p="sm">
        <Group justify="space-between" mb="xs">
          <Text size="sm" fw={600}>
            {t('list.columns')}
          </Text>
          <Button variant="subtle" size="compact-xs" onClick={reset}>
            {t('list.resetColumns')}
          </Button>
        </Group>
        {all.length > 8 && (
          <TextInput
            size="xs"
            mb="sm"
            aria-label={t('list.findColumn')}
            placeholder={t('list.findColumn')}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
        <ScrollArea.Autosize mah={320} offsetScrollbars="present">
          <Checkbox.Group value={columns.map((field) => field.name)} onChange={choose}>
            <Stack gap={10} py={2}>
              {found.map((field) => (
                <Checkbox key={field.name} size="xs" value={field.name} label={labels.field(field)} />
              ))}
            </Stack>
          </Checkbox.Group>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  )
}
