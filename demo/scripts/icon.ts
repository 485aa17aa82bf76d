/**
 * The icon of the demo as geometry: a syncline, that is layers of rock folded into a trough. Three layers stand for the three
 * places of an edit: memory, this device, the relay. Both pictures of it, SVG and PNG, are drawn from this one description.
 *
 * The picture fills its square to the edges and keeps what matters in the middle, so that a platform may mask it to any shape.
 */

/** 8-bit red, green, blue. */
export type Colour = readonly [number, number, number]

interface Layer {
  readonly colour: Colour
  /** Height of the upper edge at the sides, 0 (top) … 1 (bottom). */
  readonly top: number
}

const sky: Colour = [18, 32, 40]

/** How far the trough hangs below the sides. */
const depth = 0.26

/** From the uppermost layer down; each covers the one above from its own edge on. */
const layers: readonly Layer[] = [
  { colour: [233, 164, 81], top: 0.2 },
  { colour: [92, 143, 196], top: 0.38 },
  { colour: [58, 165, 120], top: 0.56 },
]

/** Height of a layer's upper edge at `x`; both 0 … 1. */
function edge(layer: Layer, x: number): number {
  return layer.top + (depth * (1 - Math.cos(2 * Math.PI * x))) / 2
}

/** The colour of the point (x, y); both 0 … 1, y downwards. */
export function colourAt(x: number, y: number): Colour {
  let colour = sky
  for (const layer of layers) if (y >= edge(layer, x)) colour = layer.colour
  return colour
}

/** Points along an edge: enough for the eye at 512 pixels. */
const svgSteps = 32

/** The icon as an SVG document with rounded corners, for browser tabs. */
export function iconSvg(): string {
  const size = 64
  const paths = layers.map((layer) => {
    const points = Array.from({ length: svgSteps + 1 }, (_, step) => {
      const x = step / svgSteps
      return `${round(x * size)} ${round(edge(layer, x) * size)}`
    })
    return `<path fill="${css(layer.colour)}" d="M${points.join('L')}V${size}H0Z"/>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}">`,
    `<clipPath id="c"><rect width="${size}" height="${size}" rx="14"/></clipPath>`,
    `<g clip-path="url(#c)"><rect width="${size}" height="${size}" fill="${css(sky)}"/>${paths.join('')}</g></svg>`,
  ].join('')
}

function css([red, green, blue]: Colour): string {
  return `rgb(${red} ${green} ${blue})`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
