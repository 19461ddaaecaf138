import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The dev server hands everything that is not the console to a Trellis server.
const server = process.env['TRELLIS_URL'] ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    // Empties dist, then copies public/, whose .gitkeep keeps the folder in git.
    emptyOutDir: true,
    // The policy of the server allows no data: addresses but for images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/graphql': server,
      '/admin/graphql': server,
      '/auth': server,
      '/graphiql': server,
    },
  },
})
