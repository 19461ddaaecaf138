import type { Problem } from '../../api/error'

/** Problems sorted out: what belongs to a field of the form, and the rest. */
export type Sorted = { byField: Record<string, string[]>; rest: Problem[] }

/**
 * Puts each problem at its field. A path may begin with the mutation and its
 * argument and go on into a field (amount of a price): the innermost name that
 * the form has counts. A field the form does not show goes to the rest.
 */
export function sortProblems(problems: Problem[], shown: ReadonlySet<string>): Sorted {
  const sorted: Sorted = { byField: {}, rest: [] }
  for (const problem of problems) {
    const field = problem.path.findLast((part) => typeof part === 'string' && shown.has(part))
    if (typeof field === 'string') (sorted.byField[field] ??= []).push(problem.message)
    else sorted.rest.push(problem)
  }
  return sorted
}
