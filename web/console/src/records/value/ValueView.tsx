import { Anchor, Badge, Code, Group, Pill, Rating, Stack, Text } from '@mantine/core'
import { IconCheck, IconMinus } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useLabels, useLanguage } from '../../i18n/use'
import type { FieldMeta } from '../../objects/model'
import { ObjectIcon } from '../../objects/ObjectIcon'
import { useWorkspace } from '../../objects/workspace'
import { isFiles, isLinks, isRef } from '../model'
import type { Files, Links, Ref, Value } from '../model'
import { shortId } from '../read'
import { colorOf } from './color'
import { formatSize, formatValue } from './format'
import { plainText } from './html'
import { PrincipalView } from './PrincipalView'
import { RichText } from './RichText'
import classes from './ValueView.module.css'

type Props = { value: Value; field: FieldMeta; wide?: boolean }

function isNothing(value: Value): value is null | '' {
  if (value === null || value === '') return true
  return (isLinks(value) && value.links.length === 0) || (isFiles(value) && value.files.length === 0)
}

/** A value as people read it. Wide: on a page of its own, with links to write and to call. */
export function ValueView({ value, field, wide = false }: Props) {
  const { locale } = useLanguage()
  if (isNothing(value)) return <Text span inherit className="quiet" aria-hidden="true">—</Text>
  if (isLinks(value)) return <LinkChips value={value} field={field} />
  if (isFiles(value)) return <FileLinks value={value} />
  if (isRef(value)) return <RefLink value={value} field={field} />
  switch (field.kind) {
    case 'multiSelect':
      return <Options values={Array.isArray(value) ? value : []} field={field} />
    case 'rating':
      return <Rating value={Number(value)} count={field.maxRating ?? 5} readOnly size="xs" aria-label={`${Number(value)} / ${field.maxRating ?? 5}`} />
    case 'richText':
      return wide ? <RichText html={String(value)} /> : <>{plainText(String(value))}</>
    case 'url':
      return <WebLink to={String(value)} />
    case 'longText':
      return wide ? <span className={classes['long']}>{String(value)}</span> : <>{String(value)}</>
    case 'json':
    case 'expression':
      return wide ? <Code block>{String(value)}</Code> : <Code>{String(value)}</Code>
    case 'select':
      return <OptionBadge value={String(value)} field={field} />
    case 'boolean':
      return <Flag on={value === true} wide={wide} />
    case 'principal':
      return <PrincipalView principal={String(value)} />
    case 'email':
      return wide ? <Contact scheme="mailto" to={String(value)} text={String(value)} /> : <>{String(value)}</>
    case 'phone':
      return wide ? <Contact scheme="tel" to={String(value).replaceAll(/[^+\d]/g, '')} text={String(value)} /> : <>{String(value)}</>
    case 'text':
      return wide ? <WebLink to={String(value)} /> : <>{String(value)}</>
    default:
      return <>{formatValue(value, field, locale)}</>
  }
}

/** A link, when the text is an address of the web. */
function WebLink({ to }: { to: string }) {
  if (!/^https?:\/\/\S+$/i.test(to)) return <>{to}</>
  return (
    <Anchor inherit href={to} target="_blank" rel="noopener noreferrer">
      {to}
    </Anchor>
  )
}

function Options({ values, field }: { values: string[]; field: FieldMeta }) {
  return (
    <Group gap={4}>
      {values.map((value) => (
        <OptionBadge key={value} value={value} field={field} />
      ))}
    </Group>
  )
}

function Contact({ scheme, to, text }: { scheme: 'mailto' | 'tel'; to: string; text: string }) {
  return (
    <Anchor inherit href={`${scheme}:${to}`}>
      {text}
    </Anchor>
  )
}

function RefLink({ value, field }: { value: Ref; field: FieldMeta }) {
  const labels = useLabels()
  const workspace = useWorkspace()
  const target = value.object === undefined ? workspace.target(field) : workspace.object(value.object)
  const text = value.title ?? shortId(value.id)
  if (!target) return <>{text}</>
  const link = (
    <Link to="/o/$plural/$id" params={{ plural: target.plural, id: value.id }}>
      {text}
    </Link>
  )
  if (value.object === undefined) return link
  return (
    <span className={classes['typed']} title={labels.object(target)}>
      <ObjectIcon object={target} size={15} />
      {link}
    </span>
  )
}

/** The records of a manyToMany field, and how many more there are. */
function LinkChips({ value, field }: { value: Links; field: FieldMeta }) {
  const { t } = useTranslation()
  const target = useWorkspace().target(field)
  if (!target) return null
  const more = value.total - value.links.length
  return (
    <Group gap={6}>
      {value.links.map((ref) => (
        <Link key={ref.id} to="/o/$plural/$id" params={{ plural: target.plural, id: ref.id }} className={classes['chip']}>
          <Pill style={{ cursor: 'inherit' }}>{ref.title ?? shortId(ref.id)}</Pill>
        </Link>
      ))}
      {more > 0 && <Text span size="sm" className="quiet">{t('value.more', { count: more })}</Text>}
    </Group>
  )
}

function FileLinks({ value }: { value: Files }) {
  const { locale } = useLanguage()
  return (
    <Stack gap={2}>
      {value.files.map((file) => (
        <span key={file.id}>
          <Anchor inherit href={file.url} target="_blank" rel="noopener noreferrer">
            {file.name}
          </Anchor>{' '}
          <Text span size="sm" className="quiet">
            {formatSize(file.size, locale)}
          </Text>
        </span>
      ))}
    </Stack>
  )
}

export function OptionBadge({ value, field }: { value: string; field: FieldMeta }) {
  const labels = useLabels()
  const option = field.options.find((known) => known.name === value)
  return (
    <Badge variant="light" color={colorOf(option?.color)} tt="none" fw={550} size="md" radius="sm" className={classes['badge']}>
      {option ? labels.option(option) : value}
    </Badge>
  )
}

function Flag({ on, wide }: { on: boolean; wide: boolean }) {
  const { t } = useTranslation()
  const text = on ? t('value.yes') : t('value.no')
  if (wide) return <>{text}</>
  const Picture = on ? IconCheck : IconMinus
  return <Picture size={16} role="img" aria-label={text} color={on ? 'var(--mantine-primary-color-filled)' : 'var(--quiet)'} />
}
