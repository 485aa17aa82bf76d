/**
 * A Vite plugin that draws the icons when they are needed: written beside the build, answered from memory by the dev server.
 * So the repository holds their description alone, no binary files.
 */
import type { HtmlTagDescriptor, Plugin } from 'vite'
import { iconPng } from './icon-png.ts'
import { iconSvg } from './icon.ts'

interface Icon {
  readonly fileName: string
  readonly type: string
  readonly draw: () => string | Uint8Array
}

const icons: readonly Icon[] = [
  { fileName: 'icon.svg', type: 'image/svg+xml', draw: iconSvg },
  // What Chromium asks of an app that can be installed, and what iOS shows on the home screen.
  { fileName: 'icon-192.png', type: 'image/png', draw: () => iconPng(192) },
  { fileName: 'icon-512.png', type: 'image/png', draw: () => iconPng(512) },
  { fileName: 'apple-touch-icon.png', type: 'image/png', draw: () => iconPng(180) },
]

const links: HtmlTagDescriptor[] = [
  { tag: 'link', attrs: { rel: 'icon', type: 'image/svg+xml', href: '/icon.svg' }, injectTo: 'head' },
  { tag: 'link', attrs: { rel: 'apple-touch-icon', href: '/apple-touch-icon.png' }, injectTo: 'head' },
]

export function iconsPlugin(): Plugin {
  return {
    name: 'syncline-icons',
    generateBundle() {
      for (const icon of icons) this.emitFile({ type: 'asset', fileName: icon.fileName, source: icon.draw() })
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const icon = icons.find(({ fileName }) => request.url === `/${fileName}`)
        if (icon === undefined) return next()
        response.setHeader('content-type', icon.type)
        response.end(icon.draw())
      })
    },
    // After Vite's own pass over the page, which would look for these files in the source.
    transformIndexHtml: { order: 'post', handler: () => links },
  }
}
