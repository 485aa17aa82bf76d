/**
 * How the demo is built and served while it is worked on. `--mode core` has the core's documents in place of Yjs's, in the client and in the
 * editor's binding alike: both import `yjs`, and get what goes by its names.
 */
import { defaultClientConditions, defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'
import { iconsPlugin } from './scripts/icons-plugin.ts'

/** Where `syncline-relay` listens by default. */
const relay = 'http://127.0.0.1:4455'

export default defineConfig(({ mode }) => ({
  base: '/',
  // The workspace's packages from their source: neither dev server nor build needs a `tsc` before.
  resolve: {
    conditions: ['syncline-source', ...defaultClientConditions],
    alias: mode === 'core' ? [{ find: /^yjs$/, replacement: '@syncline/core/yjs' }] : [],
  },
  // Bundled ahead, what imports `yjs` would have documents of its own.
  optimizeDeps: mode === 'core' ? { exclude: ['y-codemirror.next', 'y-protocols'] } : {},
  server: { proxy: { '/sync': { target: relay, ws: true } } },
  preview: { proxy: { '/sync': { target: relay, ws: true } } },
  build: { target: 'es2022', chunkSizeWarningLimit: 1024 },
  plugins: [
    iconsPlugin(),
    VitePWA({
      strategies: 'generateSW',
      registerType: 'autoUpdate',
      // src/installation.ts registers it, so as not to reload a page that somebody types into.
      injectRegister: false,
      manifest: {
        id: '/',
        name: 'Syncline',
        short_name: 'Syncline',
        description: 'Write together. Works offline, and always tells where your edit is.',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        background_color: '#f6f8f7',
        theme_color: '#f6f8f7',
        categories: ['productivity', 'utilities'],
        icons: [
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
          { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' },
        ],
      },
      workbox: {
        globPatterns: ['**/*.{html,js,css,svg,png,webmanifest}'],
        navigateFallback: '/index.html',
        // What the relay answers itself.
        navigateFallbackDenylist: [/^\/sync/, /^\/healthz/],
        cleanupOutdatedCaches: true,
      },
    }),
  ],
}))
