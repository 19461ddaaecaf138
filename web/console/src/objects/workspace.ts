import { queryOptions, useSuspenseQuery } from '@tanstack/react-query'
import { admin } from '../api/client'
import { ViewerDocument } from '../gen/admin'
import { Workspace } from './model'
import type { Viewer } from './model'

/** The caller and the metadata they may see. Asked again on focus, since admins add fields while people work. */
export const viewerQuery = queryOptions({
  queryKey: ['viewer'],
  queryFn: async ({ signal }) => (await admin(ViewerDocument, {}, signal)).viewer,
  staleTime: 60_000,
})

const workspaces = new WeakMap<Viewer, Workspace>()

function workspaceOf(viewer: Viewer): Workspace {
  const known = workspaces.get(viewer)
  if (known) return known
  const made = new Workspace(viewer)
  workspaces.set(viewer, made)
  return made
}

/** The workspace of the caller. Only below the shell, which loads it. */
export function useWorkspace(): Workspace {
  return workspaceOf(useSuspenseQuery(viewerQuery).data)
}
