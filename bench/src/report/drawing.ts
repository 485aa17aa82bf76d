/**
 * Plots as SVG text, drawn when the report is written: the page needs no script. Colours are the page's variables, so that one picture serves light, dark
 * and print.
 */
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { Html } from './html.ts'

/** The document that plots are made in. It has no layout: text is as wide as the browser will find it. */
const { document } = parseHTML('<!doctype html><html><body></body></html>')

/** All plots share it, and the page has the one rule that it needs. */
const CLASS_NAME = 'plot'

/** The plot as an image that says `alt` to those who do not see it. Its width and height are those of the options, and the page may shrink it. */
export function draw(alt: string, options: Plot.PlotOptions): Html {
  const svg = Plot.plot({ style: { fontSize: '12px' }, ...options, document: document as never, className: CLASS_NAME })
  svg.querySelector('style')?.remove()
  svg.setAttribute('role', 'img')
  // The document leaves ampersands as they are; a browser would too, but for those that begin a name.
  svg.setAttribute('aria-label', alt.replaceAll('&', 'and'))
  return new Html(svg.outerHTML)
}
