import { Anchor, Badge, Text } from '@mantine/core'
import { IconCheck, IconMinus } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useLabels, useLanguage } from '../../i18n/use'
import type { FieldMeta } from '../../objects/model'
import { useWorkspace } from '../../objects/workspace'
import { isRef } from '../model'
import type { Ref, Value } from '../model'
import { shortId } from '../read'
import { colorOf } from './color'
import { formatValue } from './format'
import { PrincipalView } from './PrincipalView'
import classes from './ValueView.module.css'

type Props = { value: Value; field: FieldMeta; wide?: boolean }

/** A value as people read it. Wide: on a page of its own, with links to write and to call. */
export function ValueView({ value, field, wide = false }: Props) {
  const { locale } = useLanguage()
  if (value === null || value === '') return <Text span inherit className="quiet" aria-hidden="true">—</Text>
  if (isRef(value)) return <RefLink value={value} field={field} />
  switch (field.kind) {
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
      return wide && /^https?:\/\/\S+$/.test(String(value)) ? (
        <Anchor inherit href={String(value)} target="_blank" rel="noopener noreferrer">
          {String(value)}
        </Anchor>
      ) : (
        <>{String(value)}</>
      )
    default:
      return <>{formatValue(value, field, locale)}</>
  }
}

function Contact({ scheme, to, text }: { scheme: 'mailto' | 'tel'; to: string; text: string }) {
  return (
    <Anchor inherit href={`${scheme}:${to}`}>
      {text}
    </Anchor>
  )
}

function RefLink({ value, field }: { value: Ref; field: FieldMeta }) {
  const target = useWorkspace().target(field)
  const text = value.title ?? shortId(value.id)
  if (!target) return <>{text}</>
  return (
    <Link to="/o/$plural/$id" params={{ plural: target.plural, id: value.id }}>
      {text}
    </Link>
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
