import { useLocalStorage } from '@mantine/hooks'
import { useMemo } from 'react'
import { isListable, isLongText, ownFields, recordFields } from '../../objects/model'
import type { FieldMeta, ObjectMeta, Workspace } from '../../objects/model'

/** How many columns a list begins with, beside the one that names the record. */
const initial = 6

/** The columns one can choose from: the title is always shown and not among them. */
export function choosable(object: ObjectMeta, workspace: Workspace): FieldMeta[] {
  return [...ownFields(object, workspace), ...recordFields(object)].filter((field) => field.name !== object.title && isListable(field))
}

export function defaultColumns(object: ObjectMeta, workspace: Workspace): string[] {
  return ownFields(object, workspace)
    .filter((field) => field.name !== object.title && isListable(field) && !isLongText(field))
    .slice(0, initial)
    .map((field) => field.name)
}

/** The columns of an object's list, kept in this browser for each object. Names that are gone are left out. */
export function useColumns(object: ObjectMeta, workspace: Workspace) {
  const [stored, store, reset] = useLocalStorage<string[] | null>({
    key: `trellis.columns.${workspace.viewer.workspace}.${object.name}`,
    defaultValue: null,
    getInitialValueInEffect: false,
  })
  const all = useMemo(() => choosable(object, workspace), [object, workspace])
  const columns = useMemo(() => {
    const names = new Set(Array.isArray(stored) ? stored : defaultColumns(object, workspace))
    return all.filter((field) => names.has(field.name))
  }, [all, stored, object, workspace])
  return { all, columns, choose: store, reset }
}
