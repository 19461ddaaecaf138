import { Box, CloseButton, Text, TextInput, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChevronDown, IconChevronRight, IconHome, IconSearch } from '@tabler/icons-react'
import { Link, useNavigate, useRouterState } from '@tanstack/react-router'
import { useMemo, useRef, useState } from 'react'
import type { KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { useLabels, useLanguage } from '../i18n/use'
import { findObjects, groupObjects } from '../objects/groups'
import type { ObjectMeta } from '../objects/model'
import { ObjectIcon } from '../objects/ObjectIcon'
import { useWorkspace } from '../objects/workspace'
import { useKey } from './keys'
import { Logo } from './Logo'
import classes from './Shell.module.css'
import { UserMenu } from './UserMenu'

export function Sidebar() {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const nav = useRef<HTMLDivElement>(null)
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
      <Finder text={text} setText={setText} onDown={() => nav.current?.querySelector('a')?.focus()} />
      <div ref={nav} className={classes['nav']}>
        {text.trim() === '' ? <All /> : <Found text={text} onChosen={() => setText('')} />}
      </div>
      <div className={classes['bottom']}>
        <UserMenu />
      </div>
    </>
  )
}

type FinderProps = { text: string; setText: (text: string) => void; onDown: () => void }

/** Filters the objects as somebody types. Enter opens the first, the arrow goes to the list, Escape clears. */
function Finder({ text, setText, onDown }: FinderProps) {
  const { t } = useTranslation()
  const { objects } = useWorkspace()
  const navigate = useNavigate()
  const input = useRef<HTMLInputElement>(null)
  useKey('g', () => input.current?.focus())
  const onKeyDown = (event: KeyboardEvent) => {
    // An input method may still be at work on the text.
    if (event.nativeEvent.isComposing) return
    const first = text.trim() === '' ? undefined : findObjects(objects, text)[0]
    if (event.key === 'Escape') setText('')
    else if (event.key === 'ArrowDown') onDown()
    else if (event.key === 'Enter' && first) {
      setText('')
      void navigate({ to: '/o/$plural', params: { plural: first.plural } })
    } else return
    event.preventDefault()
  }
  return (
    <div className={classes['finder']}>
      <TextInput
        ref={input}
        size="xs"
        type="search"
        autoComplete="off"
        aria-label={t('shell.findObject')}
        placeholder={t('shell.findObject')}
        leftSection={<IconSearch size={14} stroke={1.8} />}
        rightSection={text === '' ? null : <CloseButton size="xs" aria-label={t('field.clear')} onClick={() => setText('')} />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
    </div>
  )
}

function Found({ text, onChosen }: { text: string; onChosen: () => void }) {
  const { t } = useTranslation()
  const { objects } = useWorkspace()
  const found = findObjects(objects, text)
  if (found.length === 0) {
    return (
      <Text size="sm" className="quiet" px="sm" py="xs" role="status">
        {t('shell.noObject')}
      </Text>
    )
  }
  return <Links objects={found} onChosen={onChosen} />
}

function All() {
  const { t } = useTranslation()
  const { language } = useLanguage()
  const { objects } = useWorkspace()
  const groups = useMemo(() => groupObjects(objects, language), [objects, language])
  return (
    <>
      <Link to="/" className={classes['link']} activeOptions={{ exact: true }}>
        <IconHome size={18} stroke={1.7} />
        {t('shell.home')}
      </Link>
      <Section title={t('shell.objects')} objects={groups.main} />
      <Section title={t('shell.base')} objects={groups.base} />
      <Section title={t('shell.people')} objects={groups.people} />
      <More objects={groups.parts} />
    </>
  )
}

function Section({ title, objects }: { title: string; objects: ObjectMeta[] }) {
  if (objects.length === 0) return null
  return (
    <>
      <div className={classes['section']}>{title}</div>
      <Links objects={objects} />
    </>
  )
}

/** Lines and links of others, which one seldom lists by themselves: folded, unless one of them is open. */
function More({ objects }: { objects: ObjectMeta[] }) {
  const { t } = useTranslation()
  const [unfolded, { toggle }] = useDisclosure(false)
  const path = useRouterState({ select: (state) => state.location.pathname })
  const inside = objects.some((object) => path === `/o/${object.plural}` || path.startsWith(`/o/${object.plural}/`))
  const opened = unfolded || inside
  if (objects.length === 0) return null
  return (
    <>
      <UnstyledButton className={classes['more']} onClick={toggle} aria-expanded={opened}>
        {opened ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
        {t('shell.more')}
      </UnstyledButton>
      {opened && <Links objects={objects} />}
    </>
  )
}

function Links({ objects, onChosen }: { objects: ObjectMeta[]; onChosen?: () => void }) {
  const labels = useLabels()
  return objects.map((object) => (
    <Link
      key={object.name}
      to="/o/$plural"
      params={{ plural: object.plural }}
      activeOptions={{ includeSearch: false }}
      className={classes['link']}
      onClick={onChosen}
    >
      <ObjectIcon object={object} />
      {labels.objects(object)}
    </Link>
  ))
}
