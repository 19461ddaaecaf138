import { post } from '../api/client'

export async function signIn(email: string, password: string): Promise<void> {
  await post('/auth/sign-in', { email, password })
}

export async function signOut(): Promise<void> {
  await post('/auth/sign-out', {})
}

/** Where to go after signing in: a path of the console itself, never another site. */
export function safeTarget(to: string | undefined): string {
  if (to === undefined || !/^\/(?![/\\])/.test(to) || to.startsWith('/sign-in')) return '/'
  return to
}
