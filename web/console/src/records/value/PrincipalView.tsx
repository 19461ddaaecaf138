import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { titleField } from '../../objects/model'
import type { ObjectMeta } from '../../objects/model'
import { useWorkspace } from '../../objects/workspace'
import { titlesOptions } from '../api'
import { titleOf } from '../read'

const kinds = ['key', 'connection', 'plugin', 'system'] as const

/** Who did it: a person by name where the caller may see people, else what kind of actor. */
export function PrincipalView({ principal }: { principal: string }) {
  const { t } = useTranslation()
  const users = useWorkspace().object('user')
  const [kind, id] = principal.split(':')
  if (kind === 'user' && id !== undefined) {
    return users && titleField(users) ? <Person id={id} users={users} /> : <>{t('principal.user')}</>
  }
  const known = kinds.find((name) => name === kind)
  return <>{known ? t(`principal.${known}`) : principal}</>
}

function Person({ id, users }: { id: string; users: ObjectMeta }) {
  const { t } = useTranslation()
  const { data: found } = useQuery(titlesOptions(users, [id], useWorkspace()))
  const person = found?.[0]
  if (!person) return <>{t('principal.user')}</>
  return (
    <Link to="/o/$plural/$id" params={{ plural: users.plural, id }}>
      {titleOf(person, users)}
    </Link>
  )
}
