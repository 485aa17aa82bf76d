/**
 * Files of a built web app, by `sirv`, as a single-page app wants them: any path that is no file, but is asked for as a
 * page, is `index.html`. What carries a hash in its name never changes and is cached for ever; everything else, the
 * service worker above all, is asked for again each time.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import sirv from 'sirv'

export type FileServer = (request: IncomingMessage, response: ServerResponse, otherwise: () => void) => void

/** Where Vite puts what it has hashed. */
const HASHED_PATHS = '/assets/'

/**
 * Serves what `directory` holds at the time of each request, so that a new build needs no restart. Hidden files are not
 * served.
 */
export function staticFiles(directory: string): FileServer {
  const files = sirv(directory, {
    // Looks at the disk, not at a list made at the start: a listed file that a new build removed would end the process.
    dev: true,
    etag: true,
    setHeaders: (response, path) => {
      const hashed = path.startsWith(HASHED_PATHS)
      response.setHeader('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
      response.setHeader('X-Content-Type-Options', 'nosniff')
    },
  })
  return (request, response, otherwise) => {
    if (request.url?.includes('/.') === true) return otherwise()
    // A range that ends before it starts would make sirv throw; nothing here is large enough to need ranges.
    delete request.headers.range
    files(request, response, () => {
      if (!asksForPage(request)) return otherwise()
      request.url = '/'
      files(request, response, otherwise)
    })
  }
}

function asksForPage({ headers }: IncomingMessage): boolean {
  return headers.accept?.includes('text/html') === true
}
