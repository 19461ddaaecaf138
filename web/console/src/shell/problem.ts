import { useTranslation } from 'react-i18next'
import { ApiError, Code } from '../api/error'
import type { Problem } from '../api/error'

/**
 * Plain words for what failed. The server's own sentence is told where it says
 * more than the code does; for the rest the words are in the reader's language.
 */
export function useProblemText() {
  const { t } = useTranslation()
  const ofProblem = (problem: Problem): string => {
    switch (problem.code) {
      case Code.offline:
        return t('error.offline')
      case Code.unavailable:
        return t('error.UNAVAILABLE')
      case Code.timeout:
        return t('error.TIMEOUT')
      case Code.rateLimited:
        return t('error.RATE_LIMITED')
      case Code.tooCostly:
        return t('error.QUERY_TOO_COSTLY')
      case Code.unauthenticated:
        return t('error.UNAUTHENTICATED')
      case Code.notFound:
        return t('error.NOT_FOUND')
      case Code.internal:
        return t('error.INTERNAL')
      case Code.forbidden:
        return problem.message || t('error.FORBIDDEN')
      default:
        return problem.message || t('error.INTERNAL')
    }
  }
  const ofError = (error: unknown): string => {
    const problem = error instanceof ApiError ? error.problems[0] : undefined
    return problem ? ofProblem(problem) : t('error.broken')
  }
  return { ofProblem, ofError }
}
