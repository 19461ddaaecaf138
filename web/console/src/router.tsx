import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router'
import { Code, codeOf } from './api/error'
import { viewerQuery } from './objects/workspace'
import { readListSearch } from './records/list/search'
import { one, parseSearch, stringifySearch } from './search'
import { NotFound } from './shell/NotFound'
import { PageError } from './shell/PageError'
import { PageLoading } from './shell/PageLoading'

type Context = { queryClient: QueryClient }

const root = createRootRouteWithContext<Context>()({ component: Outlet, notFoundComponent: NotFound })

type SignInSearch = { to?: string | undefined; expired?: string | undefined }

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (raw: Record<string, unknown>): SignInSearch => ({ to: one(raw['to']), expired: one(raw['expired']) }),
  component: lazyRouteComponent(() => import('./auth/SignInPage'), 'SignInPage'),
})

/** Everything behind the sign-in: knows the caller, or sends them there and back. */
const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(viewerQuery)
    } catch (error) {
      if (codeOf(error) !== Code.unauthenticated) throw error
      const to = location.href === '/' ? undefined : location.href
      throw redirect({ to: '/sign-in', search: { to } })
    }
  },
  component: lazyRouteComponent(() => import('./shell/Shell'), 'Shell'),
  errorComponent: PageError,
})

const home = createRoute({
  getParentRoute: () => app,
  path: '/',
  component: lazyRouteComponent(() => import('./objects/HomePage'), 'HomePage'),
})

const list = createRoute({
  getParentRoute: () => app,
  path: '/o/$plural',
  validateSearch: readListSearch,
  component: lazyRouteComponent(() => import('./records/list/ListPage'), 'ListPage'),
})

const create = createRoute({
  getParentRoute: () => app,
  path: '/o/$plural/new',
  // Lookups to fill in, as `field:id`: a record created from a related list.
  validateSearch: (raw: Record<string, unknown>): { with?: string | undefined } => ({ with: one(raw['with']) }),
  component: lazyRouteComponent(() => import('./records/form/CreatePage'), 'CreatePage'),
})

const record = createRoute({
  getParentRoute: () => app,
  path: '/o/$plural/$id',
  component: lazyRouteComponent(() => import('./records/page/RecordPage'), 'RecordPage'),
})

const routeTree = root.addChildren([signIn, app.addChildren([home, list, create, record])])

export function newRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultPendingComponent: PageLoading,
    defaultErrorComponent: PageError,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof newRouter>
  }
}
