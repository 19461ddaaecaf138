import { Button, Group, Popover, Skeleton, UnstyledButton } from '@mantine/core'
import { IconFilter, IconX } from '@tabler/icons-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ObjectMeta } from '../../objects/model'
import classes from './FilterBar.module.css'
import { useConditionTexts } from './labels'
import type { Condition } from './model'
import { readConditions, writeCondition } from './url'

const ConditionEditor = lazy(() => import('./ConditionEditor').then((module) => ({ default: module.ConditionEditor })))

type Props = { object: ObjectMeta; texts: string[]; onChange: (texts: string[] | undefined) => void }

/** The conditions of a list as chips, and the way to add one. They live in the address. */
export function FilterBar({ object, texts, onChange }: Props) {
  const { t } = useTranslation()
  const conditions = readConditions(texts)
  const words = useConditionTexts(conditions, object)
  const set = (next: Condition[]) => onChange(next.length === 0 ? undefined : next.map(writeCondition))
  return (
    <Group gap={6} style={{ flex: 1 }}>
      <AddCondition object={object} onAdd={(condition) => set([...conditions, condition])} />
      {conditions.map((condition, index) => {
        const text = words[index]
        if (text === null || text === undefined) return null
        return (
          <Chip
            key={writeCondition(condition)}
            object={object}
            condition={condition}
            text={text}
            onChange={(changed) => set(conditions.with(index, changed))}
            onRemove={() => set(conditions.toSpliced(index, 1))}
          />
        )
      })}
      {conditions.length > 1 && (
        <Button variant="subtle" size="compact-sm" onClick={() => onChange(undefined)}>
          {t('list.clear')}
        </Button>
      )}
    </Group>
  )
}

function AddCondition({ object, onAdd }: { object: ObjectMeta; onAdd: (condition: Condition) => void }) {
  const { t } = useTranslation()
  const [opened, setOpened] = useState(false)
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" width={320} trapFocus returnFocus>
      <Popover.Target>
        <Button
          data-filter
          variant="default"
          size="sm"
          leftSection={<IconFilter size={16} stroke={1.7} />}
          aria-keyshortcuts="/"
          onClick={() => setOpened((open) => !open)}
        >
          {t('filter.add')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Editor
          object={object}
          onDone={(condition) => {
            setOpened(false)
            if (condition) onAdd(condition)
          }}
        />
      </Popover.Dropdown>
    </Popover>
  )
}

type ChipProps = {
  object: ObjectMeta
  condition: Condition
  text: string
  onChange: (condition: Condition) => void
  onRemove: () => void
}

function Chip({ object, condition, text, onChange, onRemove }: ChipProps) {
  const { t } = useTranslation()
  const [opened, setOpened] = useState(false)
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" width={320} trapFocus returnFocus>
      <Popover.Target>
        <span className={classes['chip']} data-testid="chip">
          <UnstyledButton
            className={classes['text'] ?? ''}
            title={t('filter.edit', { text })}
            onClick={() => setOpened((open) => !open)}
          >
            {text}
          </UnstyledButton>
          <UnstyledButton className={classes['remove'] ?? ''} aria-label={t('filter.remove', { text })} onClick={onRemove}>
            <IconX size={14} />
          </UnstyledButton>
        </span>
      </Popover.Target>
      <Popover.Dropdown>
        <Editor
          object={object}
          condition={condition}
          onDone={(changed) => {
            setOpened(false)
            if (changed) onChange(changed)
          }}
        />
      </Popover.Dropdown>
    </Popover>
  )
}

type EditorProps = { object: ObjectMeta; condition?: Condition; onDone: (condition: Condition | null) => void }

function Editor(props: EditorProps) {
  return (
    <Suspense fallback={<Skeleton h={190} />}>
      <ConditionEditor {...props} />
    </Suspense>
  )
}
