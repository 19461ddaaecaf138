import { MantineProvider } from '@mantine/core'
import '@mantine/core/styles.css'
import { Notifications } from '@mantine/notifications'
import '@mantine/notifications/styles.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { newQueryClient } from './api/query'
import { startI18n } from './i18n'
import { viewerQuery } from './objects/workspace'
import { newRouter } from './router'
import './styles.css'
import { theme } from './theme'

startI18n()

const queryClient = newQueryClient(() => {
  const { location } = router.state
  // Whoever was not signed in before is sent there by the router.
  const known = queryClient.getQueryData(viewerQuery.queryKey) !== undefined
  if (!known || location.pathname === '/sign-in') return
  void router.navigate({ to: '/sign-in', search: { to: location.href, expired: 'yes' } })
})
const router = newRouter(queryClient)

// A page that is left open over an upgrade asks for files that are gone: it is
// loaded anew, once, for the second time the reason is another one.
window.addEventListener('vite:preloadError', (event) => {
  if (sessionStorage.getItem('trellis.reloaded') === import.meta.url) return
  sessionStorage.setItem('trellis.reloaded', import.meta.url)
  event.preventDefault()
  window.location.reload()
})

const element = document.getElementById('root')
if (element) {
  createRoot(element).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <Notifications position="bottom-center" limit={3} />
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
}
