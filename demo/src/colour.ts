/** The colours of people: the palette to choose from, and how a colour from another peer is checked and written upon. */

/** `#rrggbb`, lower case. The form that other Yjs editors exchange, and the only one let near a style. */
export type HexColour = `#${string}`

export interface PaletteColour {
  readonly name: string
  readonly hex: HexColour
}

/** Each bears white text with a contrast of at least 4.5:1 (WCAG 2.2, 1.4.3). */
export const palette: readonly PaletteColour[] = [
  { name: 'rust', hex: '#b3491f' },
  { name: 'ochre', hex: '#8a6410' },
  { name: 'moss', hex: '#4a7a1f' },
  { name: 'fern', hex: '#0f7a5a' },
  { name: 'lagoon', hex: '#0e7490' },
  { name: 'slate blue', hex: '#3b66c4' },
  { name: 'violet', hex: '#7c4fc4' },
  { name: 'berry', hex: '#b8336f' },
]

/** The colour, if `found` is one in the exchanged form. Anything else could smuggle CSS into a style. */
export function parseHexColour(found: unknown): HexColour | undefined {
  return typeof found === 'string' && /^#[0-9a-f]{6}$/i.test(found) ? (found.toLowerCase() as HexColour) : undefined
}

/** Black or white, whichever reads better on `background`. */
export function inkOn(background: HexColour): '#000000' | '#ffffff' {
  return contrast(background, '#ffffff') >= contrast(background, '#000000') ? '#ffffff' : '#000000'
}

/** Contrast ratio, 1 … 21 (WCAG 2.2, definition of contrast ratio). */
export function contrast(a: HexColour, b: HexColour): number {
  const [darker, lighter] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number]
  return (lighter + 0.05) / (darker + 0.05)
}

/** Relative luminance, 0 … 1. */
function luminance(colour: HexColour): number {
  const channel = (start: number): number => {
    const value = Number.parseInt(colour.slice(start, start + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}
