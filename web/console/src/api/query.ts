import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { Code, codeOf } from './error'

const lasting = new Set<string>([Code.offline, Code.unavailable, Code.timeout])

/** Only what may heal by itself is asked again; a refusal stays one. */
function shouldRetry(failures: number, error: unknown): boolean {
  return failures < 2 && lasting.has(codeOf(error))
}

/** Makes the client of all server state; expired is called when the server no longer knows the session. */
export function newQueryClient(expired: () => void): QueryClient {
  const onError = (error: unknown) => {
    if (codeOf(error) === Code.unauthenticated) expired()
  }
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: { queries: { retry: shouldRetry, staleTime: 10_000 } },
  })
}
