import { useState } from 'react'
import { ApiError, Code } from '../../api/error'
import type { Problem } from '../../api/error'
import type { FieldMeta } from '../../objects/model'
import { changedFields, checkDraft, inputOf, rebase } from './draft'
import type { Draft, DraftProblem, DraftValue } from './draft'
import { sortProblems } from './problems'
import type { Sorted } from './problems'

const noProblems: Sorted = { byField: {}, rest: [] }

type State = {
  base: Draft
  draft: Draft
  problems: Sorted
  /** What stands in the way of sending, found here. */
  unsendable: DraftProblem[]
  conflict: boolean
  /** Fields that somebody else changed meanwhile. */
  theirs: string[]
}

/** The state of one form: what was there, what was typed, what the server said. */
export function useRecordForm(fields: FieldMeta[], base: Draft, start: Draft = base) {
  const [state, setState] = useState<State>(() => ({
    base,
    draft: start,
    problems: noProblems,
    unsendable: [],
    conflict: false,
    theirs: [],
  }))
  const changed = changedFields(state.draft, state.base, fields)
  const shown = new Set(fields.map((field) => field.name))

  const set = (name: string, value: DraftValue) =>
    setState((before) => {
      const byField = Object.fromEntries(Object.entries(before.problems.byField).filter(([key]) => key !== name))
      return {
        ...before,
        draft: { ...before.draft, [name]: value },
        problems: { ...before.problems, byField },
        unsendable: before.unsendable.filter((problem) => problem.field !== name),
      }
    })

  /** The input to send, or null when something is missing or no number; it is marked then. */
  const prepare = (checked: FieldMeta[]): Record<string, unknown> | null => {
    const unsendable = checkDraft(state.draft, checked)
    setState((before) => ({ ...before, unsendable, problems: noProblems, conflict: false }))
    return unsendable.length > 0 ? null : inputOf(state.draft, changed, state.base)
  }

  /** Takes in why the server refused. */
  const refuse = (error: unknown) => {
    const problems: Problem[] =
      error instanceof ApiError ? error.problems : [{ code: Code.internal, message: '', path: [] }]
    const conflict = problems.some((problem) => problem.code === Code.versionConflict)
    const told = problems.filter((problem) => problem.code !== Code.versionConflict)
    setState((before) => ({ ...before, conflict, problems: sortProblems(told, shown) }))
  }

  /** Goes on from a newer state of the record with what was typed. */
  const goOnFrom = (fresh: Draft) =>
    setState((before) => ({
      ...before,
      base: fresh,
      draft: rebase(before.draft, before.base, fresh, fields),
      conflict: false,
      theirs: changedFields(fresh, before.base, fields).map((field) => field.name),
    }))

  return { ...state, changed, set, prepare, refuse, goOnFrom }
}

export type RecordForm = ReturnType<typeof useRecordForm>
